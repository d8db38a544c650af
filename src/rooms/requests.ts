import type { AnyClient, Receipt, Receipts, RequestOptions } from "../client.js";
import { checkType } from "../delivery/compose.js";
import { fanOut, toExcluded } from "../delivery/fan-out.js";
import { Message } from "../delivery/message.js";
import { checkNames, checkPositive } from "../util/checks.js";
import type { SteadyClock } from "../util/clock.js";
import { Deadline } from "../util/deadline.js";

/** A request that is still open. */
interface Open {
  /** Who was asked: one client, or the members of the room of that name. */
  readonly asked: AnyClient | string;
  readonly receipts: PendingReceipts;
}

/** The requests of the server that clients have not answered yet. */
export class Requests {
  readonly #context: { readonly clock: SteadyClock; timestamp(): string };
  readonly #open = new Map<string, Open>();
  /** The same by who was asked, so that one who leaves looks at nobody else's. */
  readonly #byAsked = new Map<Open["asked"], Set<Open>>();
  #lastId = 0;

  constructor(context: { readonly clock: SteadyClock; timestamp(): string }) {
    this.#context = context;
  }

  /** Asks the clients in a room, at the end of this turn. */
  send(
    clients: ReadonlySet<AnyClient>,
    room: string,
    type: string,
    payload: unknown,
    options: RequestOptions,
  ): Receipts {
    return this.#send(room, clients, room, type, payload, options);
  }

  #send(
    target: Open["asked"],
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
    const deadline = new Deadline(clock, timeout, () => receipts.expire());
    const receipts = new PendingReceipts(asked, () => {
      this.#close(id);
      deadline.clear();
    });
    if (asked.size > 0) this.#add(id, { asked: target, receipts });
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
    const receipts = this.#send(client, asked, undefined, type, payload, options);
    return receipts.next().then(({ value = gone }) => value);
  }

  /** A client answers. An answer that nobody waits for is late, or made up. */
  settle(client: AnyClient, id: string | undefined, payload: unknown): void {
    if (id !== undefined) this.#open.get(id)?.receipts.settle(client, "ack", payload);
  }

  /** A client left a room; without a room, it is gone, and has left its rooms before. */
  left(client: AnyClient, roomId?: string): void {
    if (this.#open.size === 0) return;
    const open = this.#byAsked.get(roomId ?? client);
    if (open === undefined) return;
    for (const { receipts } of open) receipts.settle(client, "left");
  }

  #add(id: string, open: Open): void {
    this.#open.set(id, open);
    const others = this.#byAsked.get(open.asked);
    if (others === undefined) this.#byAsked.set(open.asked, new Set([open]));
    else others.add(open);
  }

  #close(id: string): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    const others = this.#byAsked.get(open.asked);
    others?.delete(open);
    if (others?.size === 0) this.#byAsked.delete(open.asked);
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
