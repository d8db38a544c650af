/**
 * Removes a listener.
 *
 * @category Events, errors and statistics
 */
export type Unsubscribe = () => void;

type Listener = (event: never) => unknown;

/** Events by name. */
export class Emitter {
  /** In objects of their own, so that a function that is added twice is called twice. */
  readonly #listeners = new Map<string, Set<{ readonly call: Listener }>>();
  readonly #onFailure: (name: string, cause: unknown) => void;

  /** @param onFailure Runs for each listener that throws or rejects. */
  constructor(onFailure: (name: string, cause: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Calls `listener` for each event of that name; returns a function that removes it. */
  on(name: string, call: Listener): Unsubscribe {
    const listeners = this.#listeners.get(name) ?? new Set();
    const listener = { call };
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => {
      if (listeners.delete(listener) && !listeners.size) this.#listeners.delete(name);
    };
  }

  /** Names that have a listener. */
  get names(): string[] {
    return [...this.#listeners.keys()];
  }

  /** Whether there is a listener of that name. */
  has(name: string): boolean {
    return this.#listeners.has(name);
  }

  /**
   * Calls the listeners and returns what they return. One that fails is reported and does not keep
   * the others from being called; its promise rejects without being an unhandled rejection.
   */
  emit(name: string, event: unknown): Promise<unknown>[] {
    const results = [...(this.#listeners.get(name) ?? [])].map(async ({ call }) =>
      call(event as never),
    );
    for (const result of results) result.catch((cause) => this.#onFailure(name, cause));
    return results;
  }
}
