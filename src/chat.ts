import type { Client } from "./client.js";
import { ANSWERED, type Handler } from "./dispatcher.js";
import type { Hub } from "./hub.js";
import { notInRoom } from "./incoming.js";
import { assertRoomId } from "./protocol/envelope.js";
import { RoomcastError } from "./protocol/errors.js";
import type { User } from "./protocol/types.js";

/**
 * The handlers that every hub starts with: the client-to-server half of the wire table. They are
 * handlers like any other, and `hub.handle` replaces them one by one.
 */
export function registerChat<U extends User, D>(hub: Hub<U, D>): void {
  const { typing } = hub;
  const handlers: Record<string, Handler<U, D>> = {
    join_room(client, message) {
      const roomId = roomIdIn(message.payload);
      const room = client.rooms.get(roomId);
      if (room === undefined) hub.admit(client, roomId, message.id);
      else room.sendInfo(client, "room_info", message.id);
      return ANSWERED;
    },

    leave_room(client, message) {
      const roomId = roomIdIn(message.payload);
      if (!hub.leave(client, roomId)) throw notInRoom(roomId);
    },

    send_message(client, message) {
      const { room, payload, id } = message;
      if (payload === undefined) {
        throw new RoomcastError("INVALID_PAYLOAD", "A message needs a payload.");
      }
      typing.stop(client, room);
      const { seq, timestamp } = room.broadcast("new_message", payload, {
        except: client,
        from: client,
      });
      client.answer({ type: "ack", room: room.id, id, timestamp, seq });
      return ANSWERED;
    },

    typing(client, message) {
      typing.start(client, message.room);
    },

    stop_typing(client, message) {
      typing.stop(client, message.room);
    },

    online_users(client, message) {
      hub.room(roomIdIn(message.payload)).sendInfo(client, "online_users", message.id);
      return ANSWERED;
    },

    ping(client: Client<U, D>, message) {
      client.answer({ type: "pong", id: message.id });
      return ANSWERED;
    },

    // The answer to the hub's own ping: that it came is all there is to it.
    pong: () => ANSWERED,
  };
  for (const [type, handler] of Object.entries(handlers)) hub.handle(type, handler);
}

function roomIdIn(payload: unknown): string {
  const roomId = (payload as { room_id?: unknown } | null | undefined)?.room_id;
  assertRoomId(roomId);
  return roomId;
}
