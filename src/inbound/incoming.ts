import type { Client } from "../client.js";
import { assertRoomId } from "../protocol/envelope.js";
import { RoomcastError } from "../protocol/errors.js";
import type { Envelope, User } from "../protocol/types.js";
import type { Room } from "../room.js";

/** A message that a client sent, as its handler sees it. The sender is the handler's `client`. */
export class Incoming<U extends User = User, D = Record<string, unknown>> {
  readonly #client: Client<U, D>;
  readonly #envelope: Envelope;

  /** Made by the hub. @internal */
  constructor(client: Client<U, D>, envelope: Envelope) {
    this.#client = client;
    this.#envelope = envelope;
  }

  /** What `hub.handle` was told to listen for. */
  get type(): string {
    return this.#envelope.type;
  }

  /** Whatever the client sent; check it before use. JSON values only, at most 64 levels deep. */
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
   * Uncaught, it is what the client gets as answer, so a handler need not check.
   */
  get room(): Room<U, D> {
    const id: unknown = this.#envelope.room;
    if (id === undefined) {
      throw new RoomcastError("MISSING_ROOM", `"${this.type}" needs a "room".`);
    }
    assertRoomId(id);
    const room = this.#client.memberships.get(id);
    if (room === undefined) throw notInRoom(id);
    return room;
  }
}

/** The error for a room that the client is not in. */
export function notInRoom(roomId: string): RoomcastError {
  return new RoomcastError("NOT_IN_ROOM", `You are not in the room ${JSON.stringify(roomId)}.`);
}
