import type { Client } from "../client.js";
import type { Hub } from "../hub.js";
import { assertRoomId } from "../protocol/envelope.js";
import { RoomcastError } from "../protocol/errors.js";
import type { Position, User } from "../protocol/types.js";
import type { Room } from "../room.js";
import { ANSWERED, type Handler } from "./dispatcher.js";
import { notInRoom } from "./incoming.js";

/**
 * The handlers that every hub starts with: the client-to-server half of the wire table. They are
 * handlers like any other, and `hub.handle` replaces them one by one.
 */
export function registerChat<U extends User, D>(hub: Hub<U, D>): void {
  const { dispatcher, door, typing } = hub;

  /** Does something in a room once the client may; by then it may have left. */
  function whenAllowed(
    client: Client<U, D>,
    room: Room<U, D>,
    act: (room: Room<U, D>) => unknown,
  ): unknown {
    return (
      door.authorize(client, "send", room.id)?.then(() => {
        if (!room.has(client)) throw notInRoom(room.id);
        return act(room);
      }) ?? act(room)
    );
  }

  // What concerns a room takes effect in the order in which it came, also where `authorize` takes time.
  const inOrder: Record<string, Handler<U, D>> = {
    join_room(client, message) {
      const payload = message.payload as { room_id?: unknown; since?: unknown } | null | undefined;
      const since = payload?.since === undefined ? undefined : positionIn(payload.since);
      return door.join(client, roomIdIn(payload), since, message.id);
    },

    leave_room(client, message) {
      const roomId = roomIdIn(message.payload);
      const room = client.memberships.get(roomId);
      if (room === undefined) throw notInRoom(roomId);
      door.leave(client, room, "left");
    },

    send_message(client, message) {
      const { payload, id } = message;
      if (payload === undefined) {
        throw new RoomcastError("INVALID_PAYLOAD", "A message needs a payload.");
      }
      return whenAllowed(client, message.room, (room) => {
        typing.stop(client, room);
        const { seq, timestamp } = room.say(client, "new_message", payload);
        client.answer({ type: "ack", room: room.id, id, timestamp, seq });
        return ANSWERED;
      });
    },

    typing(client, message) {
      return whenAllowed(client, message.room, (room) => typing.start(client, room));
    },

    stop_typing(client, message) {
      typing.stop(client, message.room);
    },
  };
  for (const [type, handler] of Object.entries(inOrder)) dispatcher.handleInOrder(type, handler);

  // Who is not in a room may see who is, if they might as well join.
  hub.handle("online_users", (client, message) => {
    const room = hub.room(roomIdIn(message.payload));
    const answer = () => {
      room.sendInfo(client, "online_users", message.id);
      return ANSWERED;
    };
    if (room.has(client)) return answer();
    return door.authorize(client, "join", room.id)?.then(answer) ?? answer();
  });

  hub.handle("ping", (client, message) => {
    client.answer({ type: "pong", id: message.id });
    return ANSWERED;
  });

  // The answer to the hub's own ping: that it came is all there is to it.
  hub.handle("pong", () => ANSWERED);

  // The answer to a request of the server's, under the server's id.
  hub.handle("ack", (client, message) => {
    hub.requests.answer(client, message.id, message.payload);
    return ANSWERED;
  });
}

function roomIdIn(payload: unknown): string {
  const roomId = (payload as { room_id?: unknown } | null | undefined)?.room_id;
  assertRoomId(roomId);
  return roomId;
}

function positionIn(value: unknown): Position {
  const { epoch, seq } = (value ?? {}) as Partial<Position>;
  if (typeof epoch !== "string" || !Number.isSafeInteger(seq) || (seq as number) < 0) {
    throw new RoomcastError("INVALID_PAYLOAD", '"since" must be {"epoch", "seq"}.');
  }
  return { epoch, seq: seq as number };
}
