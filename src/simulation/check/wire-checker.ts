import type { Envelope, RoomInfo } from "../../index.js";
import type { Fail, ReferenceModel } from "./reference-model.js";

/** The types of lasting messages that simulated applications listen for. */
export const HEARD: readonly string[] = ["new_message", "news"];

/** Where one link stands in one room, by what came over it. */
interface RoomCursor {
  readonly epoch: string;
  /** Everything up to here is accounted for, */
  seq: number;
  /** and these: acks overtake what waits. */
  readonly ahead: Set<number>;
  /** One's own, by their acks. */
  readonly acked: Set<number>;
  /** What one was left out of. */
  readonly skipped: Set<number>;
  /** How often one had asked to leave when one asked to be let in. */
  readonly stay: number;
}

/** What a wire is checked against, and who hears what it accounts for beside messages. */
export interface WireCheckerContext {
  readonly model: ReferenceModel;
  readonly fail: Fail;
  /** Whether the server must still have a message. */
  mustHave(epoch: string, seq: number): boolean;
  /** A position is accounted for by an ack, or because one was left out. */
  accounted(room: string, epoch: string, seq: number): void;
}

/** Holds what comes over one link against the protocol: each position once, in order, or told of. */
export class WireChecker {
  readonly #who: string;
  readonly #user: string;
  readonly #link: number;
  readonly #context: WireCheckerContext;
  readonly #cursors = new Map<string, RoomCursor>();
  /** What was sent and not answered, by id. */
  readonly #sent = new Map<string, Envelope>();
  /** By id of the message that asked to be let in, and by room: how often one had asked to leave. */
  readonly #stays = new Map<string, number>();

  constructor(who: string, user: string, link: number, context: WireCheckerContext) {
    this.#who = who;
    this.#user = user;
    this.#link = link;
    this.#context = context;
  }

  /** Where it stands in a room. */
  position(room: string): { readonly epoch: string; readonly seq: number } | undefined {
    return this.#cursors.get(room);
  }

  /** The remote end sent this. */
  up(text: string): void {
    const envelope = JSON.parse(text) as Envelope;
    const { type, id, payload } = envelope;
    if (id !== undefined && type !== "ack") this.#sent.set(id, envelope);
    const { room_id: room } = (payload ?? {}) as Partial<RoomInfo>;
    const stay = this.#stays.get(`in ${room}`) ?? 0;
    if (type === "leave_room") this.#stays.set(`in ${room}`, stay + 1);
    else if (type === "join_room") this.#stays.set(`by ${id}`, stay);
  }

  /** This arrived at the remote end. */
  down(text: string): void {
    const envelope = JSON.parse(text) as Envelope;
    const { type, room, seq } = envelope;
    if (type === "room_info") this.#info(envelope, room as string);
    else if (type === "removed") this.#cursors.delete(room as string);
    else if (type === "gap") this.#gap(envelope, room as string);
    else if (room === undefined || seq === undefined || type === "online_users") return;
    else if (type === "ack") this.#ack(envelope, room, seq);
    else if (type === "skipped") this.#skip(room, seq);
    else this.#message(envelope, room, seq);
  }

  #info({ epoch = "", seq = 0, id, payload }: Envelope, room: string): void {
    const cursor = this.#cursors.get(room);
    const stay = this.#stays.get(`by ${id}`) ?? cursor?.stay ?? 0;
    if (cursor?.epoch === epoch && cursor.stay === stay) {
      if (seq > cursor.seq) this.#bad("no holes", `room_info jumps to ${seq}`, room, cursor);
      return;
    }
    const { recovered } = payload as RoomInfo;
    const { since } = (this.#sent.get(id as string)?.payload ?? {}) as {
      since?: { epoch: string; seq: number };
    };
    if (recovered === true && (since?.epoch !== epoch || since.seq !== seq)) {
      const text = `${this.#who} came back to ${room} from ${show(since)}, and recovers from ${seq}`;
      this.#context.fail("recovery goes on where one was", text);
    }
    this.#cursors.set(room, {
      epoch,
      seq,
      ahead: new Set(),
      acked: new Set(),
      skipped: new Set(),
      stay,
    });
  }

  #message({ type, payload }: Envelope, room: string, seq: number): void {
    const { model, fail } = this.#context;
    const cursor = this.#cursors.get(room);
    if (cursor === undefined) {
      fail("rooms one is in", `${this.#who} got number ${seq} of ${room}, and is not in it`);
      return;
    }
    const position = { epoch: cursor.epoch, seq };
    model.said(room, position, type, payload, this.#who);
    if (!model.maySee(this.#user, room, position)) {
      fail("nobody sees what is not theirs", `${this.#who} got number ${seq} of ${room}`);
    }
    if (model.isLeftOut(room, position, this.#link)) {
      fail("left out", `${this.#who} got number ${seq} of ${room}, and was left out of it`);
    }
    if (seq <= cursor.seq || cursor.ahead.has(seq)) {
      this.#bad("no duplicates", `${type} ${seq} again`, room, cursor);
    } else if (seq !== cursor.seq + 1) {
      this.#bad("no holes", `${type} ${seq}`, room, cursor);
    }
    advance(cursor, seq);
    // Of the other types nobody knows who listens.
    if (!HEARD.includes(type)) this.#context.accounted(room, cursor.epoch, seq);
  }

  #ack({ id }: Envelope, room: string, seq: number): void {
    const cursor = this.#cursors.get(room);
    const sent = this.#sent.get(id as string);
    if (cursor === undefined || sent === undefined || sent.type !== "send_message") return;
    const position = { epoch: cursor.epoch, seq };
    this.#context.model.said(room, position, "new_message", sent.payload, `${this.#who}'s ack`);
    const isKnown = seq <= cursor.seq || cursor.ahead.has(seq);
    if (cursor.acked.has(seq) || (isKnown && !cursor.skipped.has(seq))) {
      this.#bad("no duplicates", `the ack of ${seq} again`, room, cursor);
    }
    cursor.acked.add(seq);
    this.#account(room, cursor, seq);
  }

  #skip(room: string, seq: number): void {
    const cursor = this.#cursors.get(room);
    if (cursor === undefined) return;
    const position = { epoch: cursor.epoch, seq };
    // One's own may be accounted for twice: the ack overtakes what waits.
    const isKnown = seq <= cursor.seq || cursor.ahead.has(seq);
    if (cursor.skipped.has(seq) || (isKnown && !cursor.acked.has(seq))) {
      this.#bad("no duplicates", `skipped ${seq} again`, room, cursor);
    } else if (!isKnown && seq !== cursor.seq + 1) {
      this.#bad("no holes", `skipped ${seq}`, room, cursor);
    }
    const { model } = this.#context;
    const isOwn = cursor.acked.has(seq) || !model.isNews(room, position);
    if (!isOwn && !model.isLeftOut(room, position, this.#link)) {
      this.#bad("left out", `skipped ${seq}, which is for all`, room, cursor);
    }
    cursor.skipped.add(seq);
    this.#account(room, cursor, seq);
  }

  #gap({ payload }: Envelope, room: string): void {
    const cursor = this.#cursors.get(room);
    if (cursor === undefined) return;
    const { from, to } = payload as { from: number; to: number };
    if (from > cursor.seq + 1) this.#bad("no holes", `a gap from ${from} to ${to}`, room, cursor);
    for (let seq = from; seq <= to; seq++) {
      if (!this.#context.mustHave(cursor.epoch, seq)) continue;
      this.#bad(
        "gaps are true",
        `a gap from ${from} to ${to}, and history has ${seq}`,
        room,
        cursor,
      );
      break;
    }
    advance(cursor, to);
  }

  #account(room: string, cursor: RoomCursor, seq: number): void {
    cursor.ahead.add(seq);
    advance(cursor, 0);
    this.#context.accounted(room, cursor.epoch, seq);
  }

  #bad(rule: string, what: string, room: string, { seq }: RoomCursor): void {
    this.#context.fail(rule, `${this.#who} is at ${seq} in ${room}, and gets ${what}`);
  }
}

/** Accounts for everything up to a position, and for what came ahead. */
function advance(cursor: RoomCursor, to: number): void {
  cursor.seq = Math.max(cursor.seq, to);
  while (cursor.ahead.has(cursor.seq + 1)) cursor.ahead.delete(++cursor.seq);
}

function show(since: { epoch: string; seq: number } | undefined): string {
  return since === undefined ? "nowhere" : `${since.seq}`;
}
