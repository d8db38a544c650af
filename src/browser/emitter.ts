/** Takes a listener back. */
export type Unsubscribe = () => void;

/** Events by name, in ten lines: a page pays for each byte. */
export class Emitter<Events extends { [name: string]: unknown }> {
  readonly #listeners = new Map<PropertyKey, Set<(event: never) => unknown>>();

  /** Calls `listener` for each event of that name, until the returned function is called. */
  on<N extends keyof Events>(name: N, listener: (event: Events[N]) => unknown): Unsubscribe {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /**
   * Calls the listeners; returns what they return. One that throws keeps nobody else from hearing: its
   * promise rejects, and as long as nobody takes that, the runtime tells of an unhandled rejection.
   *
   * @internal
   */
  emit<N extends keyof Events>(name: N, event: Events[N]): Promise<unknown>[] {
    const listeners = [...(this.#listeners.get(name) ?? [])];
    return listeners.map(async (listener) => listener(event as never));
  }
}
