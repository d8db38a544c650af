import type { Envelope, History, HistoryLimits, HistoryStore, Replay } from "../../index.js";
import type { VirtualClock } from "../../testing/index.js";
import type { ReferenceModel } from "../check/reference-model.js";
import type { StoreConditions } from "../plan/conditions.js";
import type { Random } from "../plan/random.js";

type Read = () => Replay | Promise<Replay>;

/** What a simulated history store needs. */
export interface SimulatedHistoryStoreContext {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly conditions: StoreConditions;
  readonly model: ReferenceModel;
  /** Makes the epoch of a new history: one that the seed decides. */
  readonly nextEpoch: () => string;
}

/** A history store that delays its answers, fails from time to time, and knows what it must still have. */
export class SimulatedHistoryStore implements HistoryStore {
  /** Reads that were not answered yet. */
  pending = 0;
  /** Reads that failed on purpose. */
  failed = 0;
  readonly #inner: HistoryStore;
  readonly #context: SimulatedHistoryStoreContext;
  readonly #open = new Map<History, SimulatedHistory>();
  readonly #byEpoch = new Map<string, SimulatedHistory>();

  constructor(inner: HistoryStore, context: SimulatedHistoryStoreContext) {
    this.#inner = inner;
    this.#context = context;
  }

  /** Bytes in all histories; 0 if the store does not tell. */
  get bytes(): number {
    return (this.#inner as { bytes?: number }).bytes ?? 0;
  }

  /** Number of rooms with an open history. */
  get rooms(): number {
    return this.#open.size;
  }

  open(roomId: string, limits: HistoryLimits): History {
    const { clock, model, nextEpoch } = this.#context;
    const epoch = nextEpoch();
    const history = new SimulatedHistory(this.#inner.open(roomId, limits), {
      epoch,
      limits,
      clock,
      appended: (message) => {
        model.recordMessage(roomId, { epoch, seq: message.seq ?? 0 }, message, "the server");
      },
      read: (read) => this.#read(read),
    });
    this.#open.set(history, history);
    this.#byEpoch.set(epoch, history);
    return history;
  }

  close(roomId: string, history: History): void {
    const simulated = this.#open.get(history);
    if (simulated === undefined) throw new Error("The history to close is not open.");
    this.#open.delete(history);
    this.#inner.close(roomId, simulated.inner);
  }

  /** Whether a message must still be there: no read failed, and it is within the limits. */
  mustHave(epoch: string, seq: number): boolean {
    if (this.failed > 0) return false;
    return this.#byEpoch.get(epoch)?.mustHave(seq) === true;
  }

  #read(read: Read): Replay | Promise<Replay> {
    const { conditions, random } = this.#context;
    const { delay, failures } = conditions;
    if (delay === 0) return read();
    return this.#readLater(read, random.between(0, delay), random.chance(failures));
  }

  async #readLater(read: Read, delay: number, fails: boolean): Promise<Replay> {
    const { clock, random } = this.#context;
    this.pending++;
    try {
      // A store may look before or after the delay: what is appended meanwhile is in the answer, or is not.
      const early = random.chance(0.5) ? await read() : undefined;
      await new Promise<void>((resolve) => clock.setTimeout(resolve, delay));
      if (fails) {
        this.failed++;
        throw new Error("The simulated history fails on purpose.");
      }
      return early ?? (await read());
    } finally {
      this.pending--;
    }
  }
}

/** What a simulated history needs. */
interface SimulatedHistoryContext {
  readonly epoch: string;
  readonly limits: HistoryLimits;
  readonly clock: VirtualClock;
  /** Called for each message that is appended. */
  appended(message: Envelope): void;
  /** Carries out a read, at once or later. */
  read(read: Read): Replay | Promise<Replay>;
}

class SimulatedHistory implements History {
  readonly inner: History;
  readonly #context: SimulatedHistoryContext;
  /** When each message was appended, and its size (bytes). */
  readonly #appended: { readonly at: number; readonly bytes: number }[] = [];

  constructor(inner: History, context: SimulatedHistoryContext) {
    this.inner = inner;
    this.#context = context;
  }

  get position() {
    return { epoch: this.#context.epoch, seq: this.inner.position.seq };
  }

  append(message: Parameters<History["append"]>[0]): void {
    const { text, bytes } = message;
    this.inner.append(message);
    this.#appended.push({ at: this.#context.clock.monotonic(), bytes: bytes.length });
    this.#context.appended(JSON.parse(text) as Envelope);
  }

  since(seq: number, limit: number): Replay | Promise<Replay> {
    return this.#context.read(() => this.inner.since(seq, limit));
  }

  mustHave(seq: number): boolean {
    const { clock, limits } = this.#context;
    const later = this.#appended.slice(seq - 1);
    const first = later[0];
    if (first === undefined || later.length > limits.messages) return false;
    if (clock.monotonic() - first.at >= limits.ttl) return false;
    return later.reduce((sum, { bytes }) => sum + bytes, 0) <= limits.bytes;
  }
}
