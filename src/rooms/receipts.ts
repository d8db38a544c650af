import type { Client } from "../client.js";
import type { User } from "../protocol/types.js";

/** What became of a request, for one client. */
export interface Receipt<U extends User = User, D = Record<string, unknown>> {
  /** Who was asked. */
  readonly client: Client<U, D>;
  /** It answered; it did not in time; or it left the room, or was gone, before. */
  readonly status: "ack" | "timeout" | "left";
  /** What it answered: any JSON value. */
  readonly payload: unknown;
}

/** The receipts of one request, one per client, as they come. For one `for await` loop. */
export class Receipts<U extends User = User, D = Record<string, unknown>>
  implements AsyncIterableIterator<Receipt<U, D>>
{
  /** Whose members were asked, if it was a room's. @internal */
  readonly room: string | undefined;
  readonly #pending: Set<Client<U, D>>;
  readonly #onDone: () => void;
  readonly #ready: Receipt<U, D>[] = [];
  #waiting: ((result: IteratorResult<Receipt<U, D>, undefined>) => void)[] = [];
  #isDone = false;

  /** `onDone` runs once, when nothing more is waited for. @internal */
  constructor(asked: ReadonlySet<Client<U, D>>, room: string | undefined, onDone: () => void) {
    this.#pending = new Set(asked);
    this.room = room;
    this.#onDone = onDone;
  }

  /** @internal */
  start(): void {
    if (this.#pending.size === 0) this.#finish();
  }

  /** @internal */
  settle(client: Client<U, D>, status: Receipt["status"], payload?: unknown): void {
    if (!this.#pending.delete(client)) return;
    const value: Receipt<U, D> = { client, status, payload };
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#ready.push(value);
    else waiting({ done: false, value });
    if (this.#pending.size === 0) this.#finish();
  }

  /** @internal */
  expire(): void {
    for (const client of this.#pending) this.settle(client, "timeout");
  }

  /** The next receipt, as soon as there is one. */
  next(): Promise<IteratorResult<Receipt<U, D>, undefined>> {
    const value = this.#ready.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#isDone) return Promise.resolve(END);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Stops waiting. Called by a loop that is left early. */
  return(): Promise<IteratorResult<Receipt<U, D>, undefined>> {
    this.#pending.clear();
    this.#ready.length = 0;
    this.#finish();
    return Promise.resolve(END);
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#onDone();
    for (const waiting of this.#waiting) waiting(END);
    this.#waiting = [];
  }
}

const END = { done: true, value: undefined } as const;
