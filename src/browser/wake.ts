/** The parts of a window and its document (HTML, 7.3 and 6.2) that are used, if there are any. */
interface Page {
  addEventListener?: Listen;
  readonly document?: {
    readonly visibilityState: string;
    addEventListener?: Listen;
  };
}

type Listen = (type: string, listener: () => void, options: { signal: AbortSignal }) => void;

/**
 * Calls `callback` when the network is back and when the page is shown again, until `until` is
 * aborted.
 */
export function onWake(callback: () => void, until: AbortController): void {
  const page = globalThis as Page;
  const { document } = page;
  page.addEventListener?.("online", callback, until);
  page.addEventListener?.("pageshow", callback, until);
  document?.addEventListener?.(
    "visibilitychange",
    () => {
      if (document.visibilityState === "visible") callback();
    },
    until,
  );
}
