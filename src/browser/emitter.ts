/** Takes a listener back. */
export type Unsubscribe = () => void;

/**
 * Events by name, in twenty lines: a page pays for each byte. A listener that throws keeps nobody else
 * from hearing; its error reaches the page's own `error` handler.
 */
export class Emitter<Events extends { [name: string]: unknown }> {
  readonly #listeners = new Map<PropertyKey, Set<(event: never) => void>>();

  /** Calls `listener` for each event of that name, until the returned function is called. */
  on<N extends keyof Events>(name: N, listener: (event: Events[N]) => void): Unsubscribe {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Whether anybody listened. @internal */
  emit<N extends keyof Events>(name: N, event: Events[N]): boolean {
    const listeners = this.#listeners.get(name);
    if (!listeners?.size) return false;
    for (const listener of [...listeners]) {
      try {
        listener(event as never);
      } catch (error) {
        setTimeout(() => {
          throw error;
        });
      }
    }
    return true;
  }
}
