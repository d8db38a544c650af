/**
 * Removes a listener.
 *
 * @category Events, errors and statistics
 */
export type Unsubscribe = () => void;

type Listener = (event: never) => unknown;

/** What listeners are called by. */
interface Caller {
  /** Makes a change; what it tells is told in its turn. */
  run(change: () => void): void;
  /** Reports a listener that threw or rejected. */
  failed(name: string, cause: unknown): void;
}

/** Events by name. */
export class Emitter {
  /** In the order of their registration, so that a function that is added twice is called twice. */
  readonly #listeners = new Set<readonly [name: string, call: Listener]>();
  protected readonly caller: Caller;

  constructor(caller: Caller) {
    this.caller = caller;
  }

  /** Calls `listener` for each event of that name; returns a function that removes it. */
  on(name: string, listener: Listener): Unsubscribe {
    const entry = [name, listener] as const;
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** Whether there is a listener of that name. */
  has(name: string): boolean {
    return [...this.#listeners].some(([one]) => one === name);
  }

  /**
   * Calls the listeners and returns what they return. One that fails is reported and does not keep
   * the others from being called; its promise rejects without being an unhandled rejection.
   */
  emit(name: string, event: unknown): Promise<unknown>[] {
    const listeners = [...this.#listeners].filter(([one]) => one === name);
    const results = listeners.map(async ([, call]) => call(event as never));
    for (const result of results) {
      result.catch((cause) => this.caller.failed(name, cause));
    }
    return results;
  }
}
