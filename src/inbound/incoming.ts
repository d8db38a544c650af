import type { Client } from "../client.js";
import { assertRoomId } from "../protocol/envelope.js";
import { RoomcastError } from "../protocol/errors.js";
import type { Envelope, User } from "../protocol/types.js";
import type { Room } from "../room.js";
import type { RoomState } from "../rooms/room-state.js";

/**
 * A message that a client sent, as its handler sees it. The sender is the handler's `client`.
 *
 * @category Main
 */
export class Incoming<U extends User = User, D = Record<string, unknown>> {
  readonly #client: Client<U, D>;
  readonly #envelope: Envelope;

  /** Made by the hub. @internal */
  constructor(client: Client<U, D>, envelope: Envelope) {
    this.#client = client;
    this.#envelope = envelope;
  }

  /** The type of the message, as given to `hub.handle`. */
  get type(): string {
    return this.#envelope.type;
  }

  /** Any JSON value that the client sent, at most 64 levels deep. Check it before use. */
  get payload(): unknown {
    return this.#envelope.payload;
  }

  /** The client's own name for this message; the answer carries it again. */
  get id(): string | undefined {
    return this.#envelope.id;
  }

  /**
   * The room that the message concerns, of which the client is a member.
   *
   * @throws RoomcastError `MISSING_ROOM`, `INVALID_PAYLOAD` or `NOT_IN_ROOM` where there is none.
   * If the handler does not catch it, the client gets it as answer, so a handler need not check.
   */
  get room(): Room<U, D> {
    return this.state.room;
  }

  /** The state of {@link room}. @internal */
  get state(): RoomState {
    const { room } = this.#envelope;
    const state = this.#client.memberships.get(room as string);
    if (state !== undefined) return state;
    if (room === undefined) {
      throw new RoomcastError("MISSING_ROOM", `"${this.type}" needs a "room".`);
    }
    assertRoomId(room);
    throw notInRoom(room);
  }
}

/** The error for a room that the client is not in. */
export function notInRoom(roomId: string): RoomcastError {
  return new RoomcastError("NOT_IN_ROOM", `You are not in the room ${JSON.stringify(roomId)}.`);
}
