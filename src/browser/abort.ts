import { ConnectionError } from "./errors.js";

/** What is used of an `AbortSignal` (DOM, 3.2). */
export interface AbortSignalLike {
  /** Whether it has been given. */
  readonly aborted: boolean;
  /** Listens for it. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Takes a listener back. */
  removeEventListener(type: "abort", listener: () => void): void;
}

type Settle<T> = (outcome: T) => void;

/** A promise that its caller's signal takes back; `start` returns what that does. */
export function abortable<T>(
  signal: AbortSignalLike | undefined,
  start: (resolve: Settle<T>, reject: Settle<ConnectionError>) => Settle<ConnectionError>,
): Promise<T> {
  let abort = () => {};
  const promise = new Promise<T>((resolve, reject) => {
    let takeBack: Settle<ConnectionError> = reject;
    abort = () => takeBack(new ConnectionError("ABORTED", "Aborted."));
    if (signal?.aborted) abort();
    else takeBack = start(resolve, reject);
    signal?.addEventListener("abort", abort);
  });
  return promise.finally(() => signal?.removeEventListener("abort", abort));
}
