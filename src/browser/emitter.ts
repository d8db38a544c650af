/**
 * Removes a listener.
 *
 * @category Events, errors and statistics
 */
export type Unsubscribe = () => void;

/** Events by name. */
export class Emitter {
  readonly #listeners = new Map<string, Set<(event: never) => unknown>>();
  readonly #onFailure: (name: string, cause: unknown) => void;

  /** @param onFailure Runs for each listener that throws or rejects. */
  constructor(onFailure: (name: string, cause: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Calls `listener` for each event of that name; returns a function that removes it. */
  on(name: string, listener: (event: never) => unknown): Unsubscribe {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /**
   * Calls the listeners and returns what they return. One that fails is reported and does not keep
   * the others from being called; its promise rejects without being an unhandled rejection.
   */
  emit(name: string, event: unknown): Promise<unknown>[] {
    const results = [...(this.#listeners.get(name) ?? [])].map(async (listener) =>
      listener(event as never),
    );
    for (const result of results) result.catch((cause) => this.#onFailure(name, cause));
    return results;
  }
}
