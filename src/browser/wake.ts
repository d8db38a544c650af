import type { Unsubscribe } from "./emitter.js";

/** What is used of a window and of its document (HTML, 7.3 and 6.2), where there are any. */
interface Page {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
  readonly document?: {
    readonly visibilityState: string;
    addEventListener(type: string, listener: () => void): void;
    removeEventListener(type: string, listener: () => void): void;
  };
}

/** Calls `callback` when the network is back, and when a page wakes or is looked at again. */
export function onWake(callback: () => void): Unsubscribe {
  const page = globalThis as Page;
  const { document } = page;
  const onVisible = () => {
    if (document?.visibilityState === "visible") callback();
  };
  page.addEventListener?.("online", callback);
  page.addEventListener?.("pageshow", callback);
  document?.addEventListener("visibilitychange", onVisible);
  return () => {
    page.removeEventListener?.("online", callback);
    page.removeEventListener?.("pageshow", callback);
    document?.removeEventListener("visibilitychange", onVisible);
  };
}
