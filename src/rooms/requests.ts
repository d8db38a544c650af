import type { AnyClient, Receipt, Receipts, RequestOptions } from "../client.js";
import { checkType } from "../delivery/compose.js";
import { fanOut, toExcluded } from "../delivery/fan-out.js";
import { Message } from "../delivery/message.js";
import { checkNames, checkPositive } from "../util/checks.js";
import type { SteadyClock } from "../util/clock.js";

/** A request that is still open. */
interface Open {
  /** The room whose members were asked, if it was a room's. */
  readonly room: string | undefined;
  readonly receipts: PendingReceipts;
}

/** The requests of the server that clients have not answered yet. */
export class Requests {
  readonly #context: { readonly clock: SteadyClock; timestamp(): string };
  readonly #open = new Map<string, Open>();
  #lastId = 0;

  constructor(context: { readonly clock: SteadyClock; timestamp(): string }) {
    this.#context = context;
  }

  /** Asks clients, in a room or in none, at the end of this turn. */
  send(
    clients: ReadonlySet<AnyClient>,
    room: string | undefined,
    type: string,
    payload: unknown,
    { timeout = 10_000, except, ...rest }: RequestOptions,
  ): Receipts {
    const { clock } = this.#context;
    checkType(type);
    checkNames(rest, ["timeout", "except"]);
    checkPositive("timeout", timeout);
    // The sign tells it from the ids that clients choose.
    const id = `#${(++this.#lastId).toString(36)}`;
    const timestamp = this.#context.timestamp();
    const message = new Message({ type, room, payload, id, timestamp });
    const asked = new Set(clients);
    const excluded = toExcluded<AnyClient>(except);
    if (excluded instanceof Set) for (const client of excluded) asked.delete(client);
    else if (excluded !== undefined) asked.delete(excluded as AnyClient);
    const timer = clock.setTimeout(() => receipts.expire(), timeout);
    const receipts = new PendingReceipts(asked, () => {
      this.#open.delete(id);
      clock.clearTimeout(timer);
    });
    if (asked.size > 0) this.#open.set(id, { room, receipts });
    fanOut(message, asked, undefined);
    return receipts;
  }

  /** Asks one client. */
  sendOne(
    client: AnyClient,
    type: string,
    payload: unknown,
    options: RequestOptions,
  ): Promise<Receipt> {
    const asked: ReadonlySet<AnyClient> = new Set(client.isOpen ? [client] : []);
    const gone: Receipt = { client, user: client.user, status: "left", payload: undefined };
    const receipts = this.send(asked, undefined, type, payload, options);
    return receipts.next().then(({ value = gone }) => value);
  }

  /** A client answers. An answer that nobody waits for is late, or made up. */
  settle(client: AnyClient, id: string | undefined, payload: unknown): void {
    if (id !== undefined) this.#open.get(id)?.receipts.settle(client, "ack", payload);
  }

  /** A client left a room; without a room, it is gone. */
  left(client: AnyClient, roomId?: string): void {
    if (this.#open.size === 0) return;
    for (const { room, receipts } of [...this.#open.values()]) {
      if (roomId === undefined || room === roomId) receipts.settle(client, "left");
    }
  }
}

/** The receipts of one request, as they come. */
class PendingReceipts implements Receipts {
  readonly #pending: Set<AnyClient>;
  readonly #onDone: () => void;
  readonly #ready: Receipt[] = [];
  #waiting: ((result: IteratorResult<Receipt, undefined>) => void)[] = [];
  #isDone = false;

  /** @param onDone Runs once, when no answer is pending any more. */
  constructor(asked: ReadonlySet<AnyClient>, onDone: () => void) {
    this.#pending = new Set(asked);
    this.#onDone = onDone;
    if (asked.size === 0) this.#finish();
  }

  settle(client: AnyClient, status: Receipt["status"], payload?: unknown): void {
    if (!this.#pending.delete(client)) return;
    const value: Receipt = { client, user: client.user, status, payload };
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#ready.push(value);
    else waiting({ done: false, value });
    if (this.#pending.size === 0) this.#finish();
  }

  /** Nobody is waited for any longer. */
  expire(): void {
    for (const client of this.#pending) this.settle(client, "timeout");
  }

  /** The next receipt, as soon as there is one. */
  next(): Promise<IteratorResult<Receipt, undefined>> {
    const value = this.#ready.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#isDone) return Promise.resolve(END);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Stops waiting. Called by a loop that is left early. */
  return(): Promise<IteratorResult<Receipt, undefined>> {
    this.#pending.clear();
    this.#ready.length = 0;
    this.#finish();
    return Promise.resolve(END);
  }

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
