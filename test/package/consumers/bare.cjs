const exercise = require("./exercise.cjs");

exercise({ core: require("roomcast"), testing: require("roomcast/testing") });
