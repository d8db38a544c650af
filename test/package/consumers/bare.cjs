const exercise = require("./exercise.cjs");

exercise({
  core: require("roomcast"),
  testing: require("roomcast/testing"),
  simulation: require("roomcast/simulation"),
  uws: require("roomcast/uws"),
  websocket: require("roomcast/websocket"),
  browser: require("roomcast/browser"),
});
