const exercise = require("./exercise.cjs");

const entries = {
  core: require("roomcast"),
  testing: require("roomcast/testing"),
  simulation: require("roomcast/simulation"),
  ws: require("roomcast/ws"),
  uws: require("roomcast/uws"),
  websocket: require("roomcast/websocket"),
  browser: require("roomcast/browser"),
};
exercise(entries, {
  http: require("node:http"),
  WebSocket: require("ws").WebSocket,
  uWebSockets: require("uWebSockets.js"),
});
