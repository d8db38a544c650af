import { ConnectionError } from "./errors.js";

/**
 * The part of an `AbortSignal` (DOM, 3.2) that is used.
 *
 * @category For other runtimes
 */
export interface AbortSignalLike {
  /** Whether it was aborted. */
  readonly aborted: boolean;
  /** Adds a listener for the abort. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Removes a listener. */
  removeEventListener(type: "abort", listener: () => void): void;
}

type Settle<T> = (outcome: T) => void;

/** A promise that `signal` can abort. `start` returns what to call with the error then. */
export function abortable<T>(
  signal: AbortSignalLike | undefined,
  start: (resolve: Settle<T>, reject: Settle<ConnectionError>) => Settle<ConnectionError>,
): Promise<T> {
  let fail: Settle<ConnectionError>;
  const abort = () => fail(new ConnectionError("ABORTED", "Aborted."));
  return new Promise<T>((resolve, reject) => {
    fail = reject;
    // First, because it throws for what is no signal.
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    else fail = start(resolve, reject);
  }).finally(() => signal?.removeEventListener("abort", abort));
}
