import type { NetSocket } from "./types.js";
import { watchForOthers } from "./upgrade.js";

/** Time (ms) between two looks. Looks are counted, not time: while this process stands still nobody can answer. */
const PERIOD = 500;

/** Looks until a request that no listener has touched is answered. */
const LOOKS = 4;

/** Looks where a listener seems to be at work. */
const LOOKS_AT_WORK = 60;

/**
 * Answers an upgrade request with 404 where none of the listeners that get it does, so that strangers cannot
 * hold sockets open. A listener may take its time to answer: one that listens on the socket, as `ws` and
 * Engine.IO do before they check a request, or that is an async function, is given longer.
 */
export function expectAnswer(socket: NetSocket, listeners: readonly unknown[]): void {
  destroyOnError(socket);
  const isAnswered = watchForOthers(socket);
  const listening = countListening(socket);
  const isAsync = listeners.some((listener) => {
    return Object.prototype.toString.call(listener) === "[object AsyncFunction]";
  });
  const look = (number: number): void => {
    if (socket.destroyed || isAnswered() !== undefined) return;
    const isAtWork = isAsync || countListening(socket) > listening;
    if (number < (isAtWork ? LOOKS_AT_WORK : LOOKS)) wait(number + 1);
    else writeNotFound(socket);
  };
  const wait = (number: number) => setTimeout(() => look(number), PERIOD).unref();
  wait(1);
}

/** Answers an upgrade request with 404, at once. */
export function answerNotFound(socket: NetSocket): void {
  destroyOnError(socket);
  writeNotFound(socket);
}

function writeNotFound(socket: NetSocket): void {
  socket.once("finish", () => socket.destroy());
  socket.end(
    "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nNot found.",
  );
}

/** Node no longer listens, and maybe nobody else does: an error without a listener ends the process. */
function destroyOnError(socket: NetSocket): void {
  socket.on("error", destroy);
}

function destroy(this: NetSocket): void {
  this.destroy();
}

/** How many listeners there are whom whoever answers a request, or reads from its socket, needs. */
function countListening(socket: NetSocket): number {
  return (
    socket.listenerCount("error") + socket.listenerCount("data") + socket.listenerCount("readable")
  );
}
