/** Where a WebSocket keeps who is told of what arrives on it. The same in all copies of this package. */
export const RECEIVER: unique symbol = Symbol.for("roomcast.receiver");

/** Whether a WebSocket has a hub. */
export function isTaken(webSocket: object): boolean {
  return RECEIVER in webSocket;
}
