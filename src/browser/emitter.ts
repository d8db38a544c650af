/**
 * Removes a listener.
 *
 * @category Events, errors and statistics
 */
export type Unsubscribe = () => void;

type Listener = (event: never) => unknown;

/** Events by name. */
export class Emitter {
  /** In the order of their registration, so that a function that is added twice is called twice. */
  readonly #listeners = new Set<readonly [name: string, call: Listener]>();
  readonly #onFailure: (name: string, cause: unknown) => void;

  /** @param onFailure Runs for each listener that throws or rejects. */
  constructor(onFailure: (name: string, cause: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Calls `listener` for each event of that name; returns a function that removes it. */
  on(name: string, listener: Listener): Unsubscribe {
    const entry = [name, listener] as const;
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** Names that have a listener. */
  get names(): string[] {
    return [...this.#listeners].map(([name]) => name);
  }

  /** Whether there is a listener of that name. */
  has(name: string): boolean {
    return this.names.includes(name);
  }

  /**
   * Calls the listeners and returns what they return. One that fails is reported and does not keep
   * the others from being called; its promise rejects without being an unhandled rejection.
   */
  emit(name: string, event: unknown): Promise<unknown>[] {
    const listeners = [...this.#listeners].filter(([one]) => one === name);
    const results = listeners.map(async ([, call]) => call(event as never));
    for (const result of results) result.catch((cause) => this.#onFailure(name, cause));
    return results;
  }
}
