import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { WsAdapter } from "@nestjs/platform-ws";
import { WebSocketGateway } from "@nestjs/websockets";
import { greeting } from "../support.js";

/** Nest's `WsAdapter`, with a gateway on the application's own server. */
export async function open({ serveHub, place }) {
  class Gateway {
    handleConnection(ws) {
      ws.send("theirs");
    }
  }
  WebSocketGateway({ path: "/theirs" })(Gateway);
  class AppModule {}
  Module({ providers: [Gateway] })(AppModule);

  const app = await NestFactory.create(AppModule, { logger: ["error", "warn"] });
  // biome-ignore lint/correctness/useHookAtTopLevel: it is Nest's, not React's.
  app.useWebSocketAdapter(new WsAdapter(app));
  if (place === "after") serveHub(app.getHttpServer());
  await app.listen(0, "127.0.0.1");
  if (place === "before") serveHub(app.getHttpServer());
  return { visit: ({ url }) => greeting(`${url}/theirs`), close: () => app.close() };
}
