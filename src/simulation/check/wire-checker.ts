import type { Envelope, RoomInfo } from "../../index.js";
import type { Chronicle, Complain } from "./reference-model.js";

/** The types of lasting messages that simulated applications listen for. */
export const HEARD: readonly string[] = ["new_message", "news"];

/** Where one line stands in one room, by what came over it. */
interface Place {
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
export interface WireContext {
  readonly chronicle: Chronicle;
  readonly complain: Complain;
  /** Whether the server must still have a message. */
  mustHave(epoch: string, seq: number): boolean;
  /** A position is accounted for by an ack, or because one was left out. */
  accounted(room: string, epoch: string, seq: number): void;
}

/** Holds what comes over one line against the protocol: each position once, in order, or told of. */
export class Wire {
  readonly #who: string;
  readonly #user: string;
  readonly #line: number;
  readonly #context: WireContext;
  readonly #places = new Map<string, Place>();
  /** What was sent and not answered, by id. */
  readonly #sent = new Map<string, Envelope>();
  /** By id of the message that asked to be let in, and by room: how often one had asked to leave. */
  readonly #stays = new Map<string, number>();

  constructor(who: string, user: string, line: number, context: WireContext) {
    this.#who = who;
    this.#user = user;
    this.#line = line;
    this.#context = context;
  }

  /** Where it stands in a room. */
  position(room: string): { readonly epoch: string; readonly seq: number } | undefined {
    return this.#places.get(room);
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
    else if (type === "removed") this.#places.delete(room as string);
    else if (type === "gap") this.#gap(envelope, room as string);
    else if (room === undefined || seq === undefined || type === "online_users") return;
    else if (type === "ack") this.#ack(envelope, room, seq);
    else if (type === "skipped") this.#skip(room, seq);
    else this.#message(envelope, room, seq);
  }

  #info({ epoch = "", seq = 0, id, payload }: Envelope, room: string): void {
    const place = this.#places.get(room);
    const stay = this.#stays.get(`by ${id}`) ?? place?.stay ?? 0;
    if (place?.epoch === epoch && place.stay === stay) {
      if (seq > place.seq) this.#bad("no holes", `room_info jumps to ${seq}`, room, place);
      return;
    }
    const { recovered } = payload as RoomInfo;
    const { since } = (this.#sent.get(id as string)?.payload ?? {}) as {
      since?: { epoch: string; seq: number };
    };
    if (recovered === true && (since?.epoch !== epoch || since.seq !== seq)) {
      const text = `${this.#who} came back to ${room} from ${show(since)}, and recovers from ${seq}`;
      this.#context.complain("recovery goes on where one was", text);
    }
    this.#places.set(room, {
      epoch,
      seq,
      ahead: new Set(),
      acked: new Set(),
      skipped: new Set(),
      stay,
    });
  }

  #message({ type, payload }: Envelope, room: string, seq: number): void {
    const { chronicle, complain } = this.#context;
    const place = this.#places.get(room);
    if (place === undefined) {
      complain("rooms one is in", `${this.#who} got number ${seq} of ${room}, and is not in it`);
      return;
    }
    const position = { epoch: place.epoch, seq };
    chronicle.said(room, position, type, payload, this.#who);
    if (!chronicle.maySee(this.#user, room, position)) {
      complain("nobody sees what is not theirs", `${this.#who} got number ${seq} of ${room}`);
    }
    if (chronicle.isLeftOut(room, position, this.#line)) {
      complain("left out", `${this.#who} got number ${seq} of ${room}, and was left out of it`);
    }
    if (seq <= place.seq || place.ahead.has(seq)) {
      this.#bad("no duplicates", `${type} ${seq} again`, room, place);
    } else if (seq !== place.seq + 1) {
      this.#bad("no holes", `${type} ${seq}`, room, place);
    }
    advance(place, seq);
    // Of the other types nobody knows who listens.
    if (!HEARD.includes(type)) this.#context.accounted(room, place.epoch, seq);
  }

  #ack({ id }: Envelope, room: string, seq: number): void {
    const place = this.#places.get(room);
    const sent = this.#sent.get(id as string);
    if (place === undefined || sent === undefined || sent.type !== "send_message") return;
    const position = { epoch: place.epoch, seq };
    this.#context.chronicle.said(room, position, "new_message", sent.payload, `${this.#who}'s ack`);
    const isKnown = seq <= place.seq || place.ahead.has(seq);
    if (place.acked.has(seq) || (isKnown && !place.skipped.has(seq))) {
      this.#bad("no duplicates", `the ack of ${seq} again`, room, place);
    }
    place.acked.add(seq);
    this.#account(room, place, seq);
  }

  #skip(room: string, seq: number): void {
    const place = this.#places.get(room);
    if (place === undefined) return;
    const position = { epoch: place.epoch, seq };
    // One's own may be accounted for twice: the ack overtakes what waits.
    const isKnown = seq <= place.seq || place.ahead.has(seq);
    if (place.skipped.has(seq) || (isKnown && !place.acked.has(seq))) {
      this.#bad("no duplicates", `skipped ${seq} again`, room, place);
    } else if (!isKnown && seq !== place.seq + 1) {
      this.#bad("no holes", `skipped ${seq}`, room, place);
    }
    const { chronicle } = this.#context;
    const isOwn = place.acked.has(seq) || !chronicle.isNews(room, position);
    if (!isOwn && !chronicle.isLeftOut(room, position, this.#line)) {
      this.#bad("left out", `skipped ${seq}, which is for all`, room, place);
    }
    place.skipped.add(seq);
    this.#account(room, place, seq);
  }

  #gap({ payload }: Envelope, room: string): void {
    const place = this.#places.get(room);
    if (place === undefined) return;
    const { from, to } = payload as { from: number; to: number };
    if (from > place.seq + 1) this.#bad("no holes", `a gap from ${from} to ${to}`, room, place);
    for (let seq = from; seq <= to; seq++) {
      if (!this.#context.mustHave(place.epoch, seq)) continue;
      this.#bad(
        "gaps are true",
        `a gap from ${from} to ${to}, and history has ${seq}`,
        room,
        place,
      );
      break;
    }
    advance(place, to);
  }

  #account(room: string, place: Place, seq: number): void {
    place.ahead.add(seq);
    advance(place, 0);
    this.#context.accounted(room, place.epoch, seq);
  }

  #bad(rule: string, what: string, room: string, { seq }: Place): void {
    this.#context.complain(rule, `${this.#who} is at ${seq} in ${room}, and gets ${what}`);
  }
}

/** Accounts for everything up to a position, and for what came ahead. */
function advance(place: Place, to: number): void {
  place.seq = Math.max(place.seq, to);
  while (place.ahead.has(place.seq + 1)) place.ahead.delete(++place.seq);
}

function show(since: { epoch: string; seq: number } | undefined): string {
  return since === undefined ? "nowhere" : `${since.seq}`;
}
