import type { NetSocket, UpgradeRequest } from "./types.js";

/** The callback that `ws` hands to an asynchronous `verifyClient`. */
export type Verdict = (
  isAdmitted: boolean,
  status?: number,
  message?: string,
  headers?: Readonly<Record<string, string>>,
) => void;

/** What `ws` hands to `verifyClient`. */
export interface Applicant {
  readonly req: UpgradeRequest;
}

/**
 * The first answer of a `verifyClient` in any of its forms, or of none. Rejects if it throws or rejects
 * before it has answered.
 */
export async function ask(verify: unknown, applicant: Applicant): Promise<Parameters<Verdict>> {
  if (typeof verify !== "function") return [true];
  if (verify.length !== 2) return [Boolean(await verify(applicant))];
  return new Promise((resolve, reject) => {
    const done: Verdict = (...verdict) => resolve(verdict);
    Promise.resolve(verify(applicant, done)).catch(reject);
  });
}

/**
 * Watches the socket of a request that is to be answered later. What it returns says whether somebody
 * else has answered it by then, and how that shows.
 */
export function watchForOthers(net: NetSocket): () => Error | undefined {
  const { bytesWritten } = net;
  return () => {
    if (isWebSocket(net)) return new Error("The socket is that of another WebSocket.");
    if (net.bytesWritten !== bytesWritten) return new Error("Somebody else wrote to the socket.");
    // Our side may also have ended because the peer's had.
    const isPeerGone = net.readableEnded && !net.allowHalfOpen;
    if (net.writableEnded && !isPeerGone) return new Error("Somebody else ended the socket.");
    return undefined;
  };
}

/** Whether a copy of `ws`, ours or another, has made a WebSocket of a socket. It leaves a mark. */
function isWebSocket(net: NetSocket): boolean {
  return Object.getOwnPropertySymbols(net).some((mark) => {
    return mark.description === "websocket" && Reflect.get(net, mark) !== undefined;
  });
}
