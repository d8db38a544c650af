/** What is used of a window and of its document (HTML, 7.3 and 6.2), where there are any. */
interface Page {
  addEventListener?: Listen;
  readonly document?: {
    readonly visibilityState: string;
    addEventListener: Listen;
  };
}

type Listen = (type: string, listener: () => void, options: { signal: AbortSignal }) => void;

/**
 * Calls `callback` when the network is back, and when a page wakes or is looked at again; until
 * `listening` is aborted.
 */
export function onWake(callback: () => void, listening: AbortController): void {
  const page = globalThis as Page;
  const { document } = page;
  page.addEventListener?.("online", callback, listening);
  page.addEventListener?.("pageshow", callback, listening);
  document?.addEventListener(
    "visibilitychange",
    () => {
      if (document.visibilityState === "visible") callback();
    },
    listening,
  );
}
