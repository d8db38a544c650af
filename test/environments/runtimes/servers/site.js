import { Hub, RoomcastError } from "roomcast";

/** Lets in whoever has a token, which is the name. */
export const authenticate = ({ token }) =>
  token === undefined ? undefined : { id: token.toLowerCase(), name: token };

const quiet = () => {};

/** Without one, the errors that the checks provoke would be told on the console. */
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** The hub that every runtime serves: it does what the checks ask of it by message. */
export function createHub() {
  const hub = new Hub({ rateLimit: false, logger });
  const endings = [];
  hub.on("disconnect", ({ client, code, reason }) => {
    endings.push({ user: client.user.id, code, reason });
  });
  hub.on("join", ({ room }) => {
    if (!room.id.startsWith("greeting")) return;
    for (let n = 1; n <= 40; n++) void room.broadcast("welcome", n);
  });
  return hub
    .handle("echo", (_, { payload }) => payload)
    .handle("who", (client) => client.user)
    .handle("burst", (client, { payload: count }) => {
      for (let n = 1; n <= count; n++) {
        if (n % 2 === 0) client.send("n", n);
        else hub.broadcast("n", n);
      }
    })
    .handle("flood", (_, { payload: { user, count, text } }) => {
      for (let n = 1; n <= count; n++) hub.user(user).send("n", { n, text: text.repeat(10_000) });
    })
    .handle("forbidden", () => {
      throw new RoomcastError("FORBIDDEN", "Not you.");
    })
    .handle("broken", () => {
      throw new Error("A secret.");
    })
    .handle("kick", (client, { payload: { code, reason } }) => client.close(code, reason))
    .handle("cut", (client) => client.terminate())
    .handle("endings", (_, { payload: user }) => endings.filter((ending) => ending.user === user))
    .handle("rooms", () => [...hub.rooms.keys()])
    .handle("close_hub", () => void hub.close({ reason: "Done." }));
}
