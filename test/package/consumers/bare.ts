/** A strict program that has roomcast and nothing else: no `ws`, no types of Node or of a browser. */
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
import { MemorySocket, VirtualClock } from "roomcast/testing";
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

export const alice: MemorySocket = MemorySocket.connect(hub);
export const values = [Client, Room, UserHandle, CloseCode.goingAway] as const;
