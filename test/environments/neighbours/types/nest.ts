import type { Server } from "node:http";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { WsAdapter } from "@nestjs/platform-ws";
import { Hub } from "roomcast";
import { serve } from "roomcast/ws";

@Module({})
class AppModule {}

const app = await NestFactory.create(AppModule);
// biome-ignore lint/correctness/useHookAtTopLevel: it is Nest's, not React's.
app.useWebSocketAdapter(new WsAdapter(app));
const server: Server = app.getHttpServer();
serve(new Hub(), server, { path: "/ws" });
