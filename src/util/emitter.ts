import { EventEmitter } from "eventemitter3";
import type { EventQueue } from "./event-queue.js";
import { isPromiseLike } from "./promises.js";

type Name<Events extends object> = EventEmitter.EventNames<Events>;
type Listener<Events extends object, N extends Name<Events>> = EventEmitter.EventListener<
  Events,
  N
>;
type AnyListener = (...args: unknown[]) => unknown;

/**
 * An event emitter whose listeners may throw, or be async and reject: each failure is reported, the other
 * listeners run, and nothing is thrown at the caller of `emit`. What a listener causes is emitted after the
 * other listeners have run.
 *
 * @typeParam Events - The listener's type by the name of the event.
 */
export class Emitter<Events extends object> extends EventEmitter<Events> {
  readonly #queue: EventQueue;
  readonly #onFailure: (event: Name<Events>, cause: unknown) => void;
  /** Per event, what runs in a listener's place. */
  readonly #guards = new Map<Name<Events>, WeakMap<object, AnyListener>>();

  /** @param onFailure Runs for each listener that throws or rejects. MUST NOT throw. */
  constructor(queue: EventQueue, onFailure: (event: Name<Events>, cause: unknown) => void) {
    super();
    this.#queue = queue;
    this.#onFailure = onFailure;
  }

  /** Calls the listeners of an event; inside a listener, after those that run now. Returns whether there are any. */
  override emit<N extends Name<Events>>(
    event: N,
    ...args: EventEmitter.EventArgs<Events, N>
  ): boolean {
    const queue = this.#queue;
    if (queue.isHeld) {
      const isHeard = this.listenerCount(event) > 0;
      if (isHeard) queue.add(() => super.emit(event, ...args));
      return isHeard;
    }
    queue.hold();
    try {
      return super.emit(event, ...args);
    } finally {
      queue.release();
    }
  }

  /** Calls `listener` for each event of that name, with `context` as `this`. */
  override on<N extends Name<Events>>(
    event: N,
    listener: Listener<Events, N>,
    context?: unknown,
  ): this {
    return super.on(event, this.#guard(event, listener), context);
  }

  /** The same as {@link on}. */
  override addListener<N extends Name<Events>>(
    event: N,
    listener: Listener<Events, N>,
    context?: unknown,
  ): this {
    return this.on(event, listener, context);
  }

  /** Calls `listener` for the next event of that name only. */
  override once<N extends Name<Events>>(
    event: N,
    listener: Listener<Events, N>,
    context?: unknown,
  ): this {
    return super.once(event, this.#guard(event, listener), context);
  }

  /** Removes a listener; without one, all listeners of the event. */
  override off<N extends Name<Events>>(
    event: N,
    listener?: Listener<Events, N>,
    context?: unknown,
    once?: boolean,
  ): this {
    const guard = listener && this.#guard(event, listener);
    return super.off(event, guard, context, once);
  }

  /** The same as {@link off}. */
  override removeListener<N extends Name<Events>>(
    event: N,
    listener?: Listener<Events, N>,
    context?: unknown,
    once?: boolean,
  ): this {
    return this.off(event, listener, context, once);
  }

  /** The listeners of an event, in the order in which they run. */
  override listeners<N extends Name<Events>>(event: N): Listener<Events, N>[] {
    return super.listeners(event).map((guard) => ORIGINALS.get(guard) as Listener<Events, N>);
  }

  /** What runs in a listener's place: the same function each time, so that it can be removed. */
  #guard<N extends Name<Events>>(event: N, listener: Listener<Events, N>): Listener<Events, N> {
    // The emitter beneath removes a one-time listener by what it calls: the guard itself.
    if (ORIGINALS.has(listener)) return listener;
    let guards = this.#guards.get(event);
    if (guards === undefined) {
      guards = new WeakMap();
      this.#guards.set(event, guards);
    }
    let guard = guards.get(listener);
    if (guard === undefined) {
      const fail = (cause: unknown) => this.#onFailure(event, cause);
      guard = function (this: unknown, ...args) {
        try {
          const result = (listener as AnyListener).apply(this, args);
          if (isPromiseLike(result)) result.then(undefined, fail);
        } catch (cause) {
          fail(cause);
        }
      };
      guards.set(listener, guard);
      ORIGINALS.set(guard, listener);
    }
    return guard as Listener<Events, N>;
  }
}

/** The application's listener by what runs in its place. */
const ORIGINALS = new WeakMap<object, object>();
