/** A strict program that has roomcast and nothing else: no types of `ws`, Node or a browser. */
import {
  Client,
  CloseCode,
  Hub,
  type HubOptions,
  type Receiver,
  Room,
  RoomcastError,
  type Socket,
  type User,
  UserHandle,
} from "roomcast";
import { type ConnectionStatus, type ConnectOptions, connect as dial } from "roomcast/browser";
import { type SimulationReport, simulate } from "roomcast/simulation";
import { MemorySocket, VirtualClock } from "roomcast/testing";
import { attach as attachToUws, type UwsApp } from "roomcast/uws";
import {
  accept,
  handshakeFrom,
  type StandardRequest,
  type StandardWebSocket,
} from "roomcast/websocket";
import { attach, type HttpServer, type ServeOptions, serve, type WsServer } from "roomcast/ws";

interface Member extends User {
  readonly admin: boolean;
}

const options: HubOptions = { clock: new VirtualClock(), rateLimit: false };
export const hub = new Hub<Member, { strikes: number }>(options);

hub.on("join", ({ client, room }) =>
  room.broadcast("hello", client.user.admin, { except: client }),
);
hub.handle("draw", (client, message) => {
  if (!client.user.admin) throw new RoomcastError("FORBIDDEN", "Admins draw.");
  client.data.strikes = (client.data.strikes ?? 0) + 1;
  return message.room.broadcast("drawn", message.payload, { from: client });
});

/** An adapter of one's own needs the seam only. */
export function connect(socket: Socket): Receiver {
  return hub.accept(socket, { user: { id: "1", name: "Alice", admin: true } });
}

export function open(server: WsServer, http: HttpServer, seats: ServeOptions<Member>): void {
  attach(hub, server, {
    authenticate: ({ token }) => ({ id: `${token}`, name: "", admin: false }),
  });
  serve(hub, http, { ...seats, path: "/ws" });
}

export function openToUws(app: UwsApp): void {
  attachToUws(hub, app, { authenticate: () => ({ id: "1", name: "Alice", admin: true }) });
}

export function upgrade(webSocket: StandardWebSocket, request: StandardRequest): void {
  const handshake = handshakeFrom(request, "127.0.0.1");
  const user = { id: `${handshake.token}`, name: "", admin: false };
  accept(hub, webSocket, { user, handshake });
}

export async function visit(WebSocket: NonNullable<ConnectOptions["WebSocket"]>): Promise<string> {
  const connection = dial("wss://example.org/ws", { WebSocket, token: async () => "x" });
  connection.on("status", (status: ConnectionStatus) => status.state === "open");
  const room = await connection.join("general");
  room.on("new_message", ({ payload }) => payload);
  await room.send({ content: "hi" });
  return room.members.map(({ name }) => name).join();
}

export function rehearse(seed: number): Promise<SimulationReport> {
  return simulate({ seed, connect: dial, createHub: (given) => new Hub(given) });
}

export const alice: MemorySocket = MemorySocket.connect(hub);
export const values = [Client, Room, UserHandle, CloseCode.goingAway] as const;
