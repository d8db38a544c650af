const exercise = require("./exercise.cjs");

exercise({
  core: require("roomcast"),
  testing: require("roomcast/testing"),
  adapter: require("roomcast/ws"),
  ws: require("ws"),
  http: require("node:http"),
});
