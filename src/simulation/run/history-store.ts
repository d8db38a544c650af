import type { Clock, Envelope, History, HistoryLimits, HistoryStore, Replay } from "../../index.js";
import type { ReferenceModel } from "../check/reference-model.js";
import type { Random } from "../plan/random.js";

/** What a history store is like. */
export interface StoreConditions {
  /** Milliseconds that reading takes at most; 0 answers at once. */
  readonly delay: number;
  /** How many reads of all fail: 0 is none. */
  readonly failures: number;
}

interface Kept {
  readonly at: number;
  readonly bytes: number;
}

/** A history store that takes its time, fails now and then, and remembers what it should still have. */
export class SimulatedHistoryStore implements HistoryStore {
  /** Reads that have not been answered yet. */
  pending = 0;
  /** Reads that failed. */
  failed = 0;
  readonly #inner: HistoryStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #conditions: StoreConditions;
  readonly #model: ReferenceModel;
  readonly #nextEpoch: () => string;
  readonly #open = new Map<History, SimulatedHistory>();
  readonly #byEpoch = new Map<string, SimulatedHistory>();

  constructor(
    inner: HistoryStore,
    clock: Clock,
    random: Random,
    conditions: StoreConditions,
    model: ReferenceModel,
    nextEpoch: () => string,
  ) {
    this.#inner = inner;
    this.#clock = clock;
    this.#random = random;
    this.#conditions = conditions;
    this.#model = model;
    this.#nextEpoch = nextEpoch;
  }

  /** Bytes that it keeps, if it says so. */
  get bytes(): number {
    return (this.#inner as { bytes?: number }).bytes ?? 0;
  }

  /** How many rooms it keeps something of. */
  get rooms(): number {
    return this.#open.size;
  }

  open(roomId: string, limits: HistoryLimits): History {
    const epoch = this.#nextEpoch();
    const inner = this.#inner.open(roomId, limits);
    const history = new SimulatedHistory(inner, epoch, limits, this.#clock, {
      said: (message) => {
        const { type, payload, seq = 0 } = message;
        this.#model.said(roomId, { epoch, seq }, type, payload, "the server");
      },
      read: (read) => this.#read(read),
    });
    this.#open.set(history, history);
    this.#byEpoch.set(epoch, history);
    return history;
  }

  close(roomId: string, history: History): void {
    const watched = this.#open.get(history);
    if (watched === undefined) throw new Error("A history was closed that was not open.");
    this.#open.delete(history);
    this.#inner.close(roomId, watched.inner);
  }

  /** Whether a message must still be there: nothing failed, and its limits do not say otherwise. */
  mustHave(epoch: string, seq: number): boolean {
    if (this.failed > 0) return false;
    return this.#byEpoch.get(epoch)?.mustHave(seq) === true;
  }

  #read(read: () => Replay | Promise<Replay>): Replay | Promise<Replay> {
    const { delay, failures } = this.#conditions;
    if (delay === 0) return read();
    return this.#readLater(read, this.#random.between(0, delay), this.#random.chance(failures));
  }

  async #readLater(
    read: () => Replay | Promise<Replay>,
    delay: number,
    fails: boolean,
  ): Promise<Replay> {
    this.pending++;
    try {
      // What is said meanwhile is in the answer, or is not: a store may look early or late.
      const early = this.#random.chance(0.5) ? await read() : undefined;
      await new Promise<void>((resolve) => this.#clock.setTimeout(resolve, delay));
      if (fails) {
        this.failed++;
        throw new Error("The simulated history fails.");
      }
      return early ?? (await read());
    } finally {
      this.pending--;
    }
  }
}

interface HistoryObserver {
  said(message: Envelope): void;
  read(read: () => Replay | Promise<Replay>): Replay | Promise<Replay>;
}

class SimulatedHistory implements History {
  readonly inner: History;
  readonly #epoch: string;
  readonly #limits: HistoryLimits;
  readonly #clock: Clock;
  readonly #watching: HistoryObserver;
  readonly #kept: Kept[] = [];

  constructor(
    inner: History,
    epoch: string,
    limits: HistoryLimits,
    clock: Clock,
    watching: HistoryObserver,
  ) {
    this.inner = inner;
    this.#epoch = epoch;
    this.#limits = limits;
    this.#clock = clock;
    this.#watching = watching;
  }

  get position() {
    return { epoch: this.#epoch, seq: this.inner.position.seq };
  }

  append(message: Parameters<History["append"]>[0]): void {
    const { text, bytes } = message;
    this.inner.append(message);
    this.#kept.push({ at: this.#clock.now(), bytes: bytes.length });
    this.#watching.said(JSON.parse(text) as Envelope);
  }

  since(seq: number, limit: number): Replay | Promise<Replay> {
    return this.#watching.read(() => this.inner.since(seq, limit));
  }

  mustHave(seq: number): boolean {
    const { messages, bytes, ttl } = this.#limits;
    const since = this.#kept.slice(seq - 1);
    const first = since[0];
    if (first === undefined || since.length > messages) return false;
    if (this.#clock.now() - first.at >= ttl) return false;
    return since.reduce((sum, kept) => sum + kept.bytes, 0) <= bytes;
  }
}
