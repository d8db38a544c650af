import type { Envelope, Position, RoomInfo } from "../../index.js";
import type { ReferenceModel } from "./reference-model.js";
import type { Fail } from "./rules.js";

/** The types of lasting messages that simulated applications listen for. */
export const LASTING_TYPES: readonly string[] = ["new_message", "news"];

/** How far a link has got in one room. */
interface RoomCursor {
  readonly epoch: string;
  /** Every position up to here is accounted for. */
  seq: number;
  /** Positions after `seq` that are accounted for: acks overtake messages that wait. */
  readonly ahead: Set<number>;
  /** Positions of messages sent by this end, from their acks. */
  readonly acked: Set<number>;
  /** Positions that this end was told it is excluded from. */
  readonly skipped: Set<number>;
  /** How often this end had asked to leave the room when it asked to join. */
  readonly leaves: number;
}

/** What a wire checker needs. */
export interface WireCheckerContext {
  readonly model: ReferenceModel;
  readonly fail: Fail;
  /** The participant at the remote end. */
  readonly participant: string;
  /** Its user. */
  readonly user: string;
  /** The number of the link, for exclusions. */
  readonly link: number;
  /** Whether the server's history must still have a message. */
  mustHave(epoch: string, seq: number): boolean;
  /** Called for each position that is accounted for by an ack, or because this end is excluded. */
  accounted(room: string, epoch: string, seq: number): void;
}

/** Checks what one link carries against the protocol: each position comes once and in order, or as a gap. */
export class WireChecker {
  readonly #context: WireCheckerContext;
  readonly #cursors = new Map<string, RoomCursor>();
  /** Messages that the remote end sent, by id. */
  readonly #sent = new Map<string, Envelope>();
  /** How often the remote end asked to leave, by room. */
  readonly #leaves = new Map<string, number>();
  /** The same number when it asked to join, by the id of that message. */
  readonly #leavesAtJoin = new Map<string, number>();

  constructor(context: WireCheckerContext) {
    this.#context = context;
  }

  /** The position that this link has reached in a room. */
  position(room: string): Position | undefined {
    return this.#cursors.get(room);
  }

  /** The remote end sent this. */
  sent(text: string): void {
    const envelope = JSON.parse(text) as Envelope;
    const { type, id, payload } = envelope;
    if (id !== undefined && type !== "ack") this.#sent.set(id, envelope);
    const { room_id: room } = (payload ?? {}) as Partial<RoomInfo>;
    const leaves = this.#leaves.get(`${room}`) ?? 0;
    if (type === "leave_room") this.#leaves.set(`${room}`, leaves + 1);
    else if (type === "join_room") this.#leavesAtJoin.set(`${id}`, leaves);
  }

  /** The remote end received this. */
  received(text: string): void {
    const envelope = JSON.parse(text) as Envelope;
    const { type, room, seq } = envelope;
    if (type === "room_info") this.#roomInfo(envelope, room as string);
    else if (type === "removed") this.#cursors.delete(room as string);
    else if (type === "gap") this.#gap(envelope, room as string);
    else if (room === undefined || seq === undefined || type === "online_users") return;
    else if (type === "ack") this.#ack(envelope, room, seq);
    else if (type === "skipped") this.#skipped(room, seq);
    else this.#message(envelope, room, seq);
  }

  #roomInfo({ epoch = "", seq = 0, id, payload }: Envelope, room: string): void {
    const cursor = this.#cursors.get(room);
    const leaves = this.#leavesAtJoin.get(`${id}`) ?? cursor?.leaves ?? 0;
    if (cursor?.epoch === epoch && cursor.leaves === leaves) {
      if (seq > cursor.seq) this.#fail("no unreported gaps", `a room_info at ${seq}`, room, cursor);
      return;
    }
    const { recovered } = payload as RoomInfo;
    const { since } = (this.#sent.get(id as string)?.payload ?? {}) as { since?: Position };
    if (recovered === true && (since?.epoch !== epoch || since.seq !== seq)) {
      const text = `${this.#context.participant} asked for ${room} since ${since?.seq}, and recovers since ${seq}`;
      this.#context.fail("recovery continues where it stopped", text);
    }
    this.#cursors.set(room, {
      epoch,
      seq,
      ahead: new Set(),
      acked: new Set(),
      skipped: new Set(),
      leaves,
    });
  }

  #message({ type, payload }: Envelope, room: string, seq: number): void {
    const { model, fail, participant, user, link } = this.#context;
    const cursor = this.#cursors.get(room);
    const received = `${participant} received number ${seq} of ${room}`;
    if (cursor === undefined) {
      fail("messages only in joined rooms", `${received}, and is not in it`);
      return;
    }
    const position = { epoch: cursor.epoch, seq };
    model.recordMessage(room, position, { type, payload }, participant);
    if (!model.maySee(user, room, position)) {
      fail("messages only for members", `${received}, and was not in it then`);
    }
    if (model.isExcluded(room, position, link)) {
      fail("only excluded clients are skipped", `${received}, and was excluded from it`);
    }
    if (seq <= cursor.seq || cursor.ahead.has(seq)) {
      this.#fail("no duplicates", `${type} ${seq} again`, room, cursor);
    } else if (seq !== cursor.seq + 1) {
      this.#fail("no unreported gaps", `${type} ${seq}`, room, cursor);
    }
    advance(cursor, seq);
    // The simulated application does not listen for other types, so its view cannot account for them.
    if (!LASTING_TYPES.includes(type)) this.#context.accounted(room, cursor.epoch, seq);
  }

  #ack({ id }: Envelope, room: string, seq: number): void {
    const cursor = this.#cursors.get(room);
    const sent = this.#sent.get(id as string);
    if (cursor === undefined || sent === undefined || sent.type !== "send_message") return;
    const { model, participant } = this.#context;
    const message = { type: "new_message", payload: sent.payload };
    model.recordMessage(room, { epoch: cursor.epoch, seq }, message, `${participant}'s ack`);
    const isKnown = seq <= cursor.seq || cursor.ahead.has(seq);
    if (cursor.acked.has(seq) || (isKnown && !cursor.skipped.has(seq))) {
      this.#fail("no duplicates", `the ack of ${seq} again`, room, cursor);
    }
    cursor.acked.add(seq);
    this.#account(room, cursor, seq);
  }

  #skipped(room: string, seq: number): void {
    const cursor = this.#cursors.get(room);
    if (cursor === undefined) return;
    const position = { epoch: cursor.epoch, seq };
    // A message of this end may be both acked and skipped: the ack overtakes messages that wait.
    const isKnown = seq <= cursor.seq || cursor.ahead.has(seq);
    if (cursor.skipped.has(seq) || (isKnown && !cursor.acked.has(seq))) {
      this.#fail("no duplicates", `skipped ${seq} again`, room, cursor);
    } else if (!isKnown && seq !== cursor.seq + 1) {
      this.#fail("no unreported gaps", `skipped ${seq}`, room, cursor);
    }
    const { model, link } = this.#context;
    const isOwn = cursor.acked.has(seq) || !model.isBroadcast(room, position);
    if (!isOwn && !model.isExcluded(room, position, link)) {
      const what = `skipped ${seq}, which does not exclude it`;
      this.#fail("only excluded clients are skipped", what, room, cursor);
    }
    cursor.skipped.add(seq);
    this.#account(room, cursor, seq);
  }

  #gap({ payload }: Envelope, room: string): void {
    const cursor = this.#cursors.get(room);
    if (cursor === undefined) return;
    const { from, to } = payload as { from: number; to: number };
    const gap = `a gap from ${from} to ${to}`;
    if (from > cursor.seq + 1) this.#fail("no unreported gaps", gap, room, cursor);
    for (let seq = from; seq <= to; seq++) {
      if (!this.#context.mustHave(cursor.epoch, seq)) continue;
      this.#fail("reported gaps are real", `${gap}, and history has ${seq}`, room, cursor);
      break;
    }
    advance(cursor, to);
  }

  #account(room: string, cursor: RoomCursor, seq: number): void {
    cursor.ahead.add(seq);
    advance(cursor, 0);
    this.#context.accounted(room, cursor.epoch, seq);
  }

  #fail(rule: Parameters<Fail>[0], what: string, room: string, { seq }: RoomCursor): void {
    this.#context.fail(
      rule,
      `${this.#context.participant} is at ${seq} in ${room}, and gets ${what}`,
    );
  }
}

/** Accounts for every position up to `to`, and for those that were ahead. */
function advance(cursor: RoomCursor, to: number): void {
  cursor.seq = Math.max(cursor.seq, to);
  while (cursor.ahead.has(cursor.seq + 1)) cursor.ahead.delete(++cursor.seq);
}
