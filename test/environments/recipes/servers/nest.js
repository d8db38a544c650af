import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { WsAdapter } from "@nestjs/platform-ws";
import { RoomsGateway } from "./nest.block.js";
import { listening } from "./world.js";

class AppModule {}
Module({ providers: [RoomsGateway] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ["fatal", "warn"] });
// biome-ignore lint/correctness/useHookAtTopLevel: it is Nest's, not React's.
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(0, "127.0.0.1");
listening(app.getHttpServer(), () => app.close());
