/** uWebSockets.js as its documentation shows it: `publish` in the message handler. */
import { startChat } from "./uws-chat.js";

startChat((socket, room, text) => socket.publish(room, text));
