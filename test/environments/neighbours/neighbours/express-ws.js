import { createServer } from "node:http";
import express from "express";
import expressWs from "express-ws";
import { closeServer, greeting, listen, settle } from "../support.js";

export async function open({ serveHub, place }) {
  const app = express();
  const server = createServer(app);
  let instance;
  settle(
    place,
    () => serveHub(server),
    () => {
      instance = expressWs(app, server);
      app.ws("/theirs", (ws) => ws.send("theirs"));
      app.get("/", (_, response) => response.send("plain"));
    },
  );
  await listen(server);
  return {
    visit: ({ url }) => greeting(`${url}/theirs`),
    close: () => closeServer(server, () => instance.getWss().close()),
  };
}
