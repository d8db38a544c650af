// A page in a process of its own, with a quick heartbeat. Prints each status.
import { connect } from "roomcast/browser";
import WebSocket from "ws";

const connection = connect(process.argv[2], {
  WebSocket,
  heartbeat: { interval: 300, timeout: 600 },
});
connection.on("status", ({ state }) => console.log(state));
