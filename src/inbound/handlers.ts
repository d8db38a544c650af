import type { AnyClient } from "../client.js";
import type { Context } from "../context.js";
import { assertRoomId } from "../protocol/envelope.js";
import { RoomcastError } from "../protocol/errors.js";
import type { CLIENT_MESSAGES } from "../protocol/messages.js";
import type { Position } from "../protocol/types.js";
import { type Authorization, forbidden } from "../rooms/authorization.js";
import type { Claims } from "../rooms/claims.js";
import type { Membership } from "../rooms/membership.js";
import type { Wanted } from "../rooms/missed.js";
import type { Presence } from "../rooms/presence.js";
import type { Requests } from "../rooms/requests.js";
import type { RoomState } from "../rooms/room-state.js";
import type { Typing } from "../rooms/typing.js";
import { ANSWERED, type Dispatcher, type Handler } from "./dispatcher.js";
import { notInRoom } from "./incoming.js";

/** Most earlier messages that a client may ask for when it joins. */
const MAX_LAST = 1_000;

/** What the built-in handlers work with. */
export interface HandlerParts {
  readonly context: Context;
  readonly authorization: Authorization;
  readonly claims: Claims;
  readonly membership: Membership;
  readonly presence: Presence;
  readonly requests: Requests;
  readonly typing: Typing;
}

/**
 * Registers the handlers of the built-in message types. They are handlers like any other, and `hub.handle`
 * replaces them one by one.
 */
export function registerHandlers(dispatcher: Dispatcher, parts: HandlerParts): void {
  const { context, authorization, claims, membership, presence, requests, typing } = parts;

  /** Runs `act` once the client may send; by then it may have left, or even have come back. */
  function ifAllowed(
    client: AnyClient,
    state: RoomState,
    act: (client: AnyClient, state: RoomState) => unknown,
  ): unknown {
    const go = (holds: boolean) => {
      if (!holds) throw notInRoom(state.id);
      return act(client, state);
    };
    const allowed = authorization.check(client, "send", state.id);
    if (allowed === undefined) return go(state.clients.has(client));
    return claims.after(allowed, client, "send", state.id, go);
  }

  const startTyping = (client: AnyClient, state: RoomState) => typing.start(client, state);

  const handlers: { readonly [T in keyof typeof CLIENT_MESSAGES]: Handler } = {
    join_room(client, { payload, id }) {
      const pending = membership.request(client, roomIdIn(payload), wantedIn(payload), id);
      return pending?.then(() => ANSWERED) ?? ANSWERED;
    },

    leave_room(client, { payload }) {
      const roomId = roomIdIn(payload);
      const state = client.memberships.get(roomId);
      if (state === undefined) throw notInRoom(roomId);
      membership.leave(client, state, "left");
    },

    send_message(client, message) {
      const { payload, id } = message;
      if (payload === undefined) {
        throw new RoomcastError("INVALID_PAYLOAD", '"send_message" needs a "payload".');
      }
      const { state } = message;
      return ifAllowed(client, state, () => {
        typing.sent(client, state);
        const now = context.timestamp();
        const seq = state.publish("new_message", payload, now, client, client, true);
        client.push({ type: "ack", room: state.id, id, timestamp: now, seq });
        return ANSWERED;
      });
    },

    typing(client, { state }) {
      return ifAllowed(client, state, startTyping);
    },

    stop_typing(client, { state }) {
      typing.stop(client, state);
    },

    // A client that is not in the room may see who is, if it may join.
    online_users(client, { payload, id }) {
      const roomId = roomIdIn(payload);
      const answer = (holds = true) => {
        if (!holds) throw forbidden("join");
        presence.sendUsers(client, roomId, id);
        return ANSWERED;
      };
      if (client.memberships.has(roomId)) return answer();
      const allowed = authorization.check(client, "join", roomId);
      return allowed ? claims.after(allowed, client, "look", roomId, answer) : answer();
    },

    ping(client, { id }) {
      client.push({ type: "pong", id });
      return ANSWERED;
    },

    // It arrived: that is the whole answer to the hub's own ping.
    pong: () => ANSWERED,

    ack(client, { id, payload }) {
      requests.settle(client, id, payload);
      return ANSWERED;
    },
  };
  for (const [type, handler] of Object.entries(handlers)) dispatcher.handleBuiltIn(type, handler);
}

function roomIdIn(payload: unknown): string {
  const roomId = (payload as { room_id?: unknown } | null | undefined)?.room_id;
  assertRoomId(roomId);
  return roomId;
}

/** Which earlier messages a `join_room` asks for. */
function wantedIn(payload: unknown): Wanted {
  const { since, last } = payload as { since?: unknown; last?: unknown };
  return {
    since: since === undefined ? undefined : positionIn(since),
    last: last === undefined ? undefined : countIn(last),
  };
}

function countIn(value: unknown): number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_LAST) {
    return value as number;
  }
  const text = `"last" must be a whole number from 1 to ${MAX_LAST}.`;
  throw new RoomcastError("INVALID_PAYLOAD", text);
}

function positionIn(value: unknown): Position {
  const { epoch, seq } = (value ?? {}) as Partial<Position>;
  if (typeof epoch !== "string" || !Number.isSafeInteger(seq) || (seq as number) < 0) {
    throw new RoomcastError("INVALID_PAYLOAD", '"since" must be {"epoch", "seq"}.');
  }
  return { epoch, seq: seq as number };
}
