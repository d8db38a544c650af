/** Whether a value is a promise, of any make. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

const VALUE = Symbol("value");

/** A promise whose value is known already. */
type Resolved = { readonly [VALUE]?: unknown };

/** A promise that is resolved already, and tells its value to {@link knownValue} without a wait. */
export function resolved<T>(value: T): Promise<T> {
  const promise = Promise.resolve(value) as Promise<T> & { [VALUE]?: T };
  promise[VALUE] = value;
  return promise;
}

/** The value of a promise made by {@link resolved}; undefined for any other. */
export function knownValue(promise: PromiseLike<unknown>): unknown {
  return (promise as Resolved)[VALUE];
}

/** A promise that is rejected already. Nobody has to handle it: it never is an unhandled rejection. */
export function rejected(error: Error): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => {});
  return promise;
}
