const exercise = require("./exercise.cjs");

exercise({
  core: require("roomcast"),
  testing: require("roomcast/testing"),
  uws: require("roomcast/uws"),
  websocket: require("roomcast/websocket"),
  browser: require("roomcast/browser"),
});
