import { pathOf } from "../../transport/handshake.js";
import type { HttpServer, NetSocket, UpgradeRequest } from "./types.js";
import { answerNotFound, expectAnswer } from "./unanswered.js";

/** Answers one upgrade request. Never throws. */
export type Upgrade = (request: UpgradeRequest, socket: NetSocket, head: Uint8Array) => void;

type Emit = (this: unknown, ...event: unknown[]) => unknown;

const routers = new WeakMap<HttpServer, Map<string, Upgrade>>();

/**
 * The paths served on an HTTP server. They are taken from its `upgrade` events before any listener sees them,
 * since the usual listener answers whatever it gets: with a WebSocket, 400 or 404, or by hanging up.
 */
export function pathsOf(server: HttpServer): Map<string, Upgrade> {
  const known = routers.get(server);
  if (known !== undefined) return known;
  const paths = new Map<string, Upgrade>();
  routers.set(server, paths);
  takeFirst(server, (request, socket, head) => {
    const upgrade = paths.get(pathOf(request.url ?? "/"));
    upgrade?.(request, socket, head);
    return upgrade !== undefined;
  });
  return paths;
}

function takeFirst(server: HttpServer, take: (...upgrade: Parameters<Upgrade>) => boolean): void {
  // Node emits `upgrade` only where somebody listens. Our own paths arrive here where the events come by
  // another way than `emit`: a reference to it from before, or with the wrapper taken off again.
  const listener: Upgrade = (request, socket, head) => {
    if (take(request, socket, head)) return;
    const others = server.listeners("upgrade").filter((other) => other !== listener);
    if (others.length > 0) expectAnswer(socket, others);
    else answerNotFound(socket);
  };
  server.prependListener("upgrade", listener);

  const wrapped = Object.hasOwn(server, "emit") ? (Reflect.get(server, "emit") as Emit) : undefined;
  const emit: Emit = function (this: unknown, ...event) {
    const [name, request, socket, head] = event as [unknown, ...Parameters<Upgrade>];
    if (name === "upgrade" && take(request, socket, head)) return true;
    // The prototype is asked at each call: tools that trace requests replace its `emit`, at any time.
    const pass = wrapped ?? (Reflect.get(Object.getPrototypeOf(server), "emit") as Emit);
    return Reflect.apply(pass, this, event);
  };
  Object.defineProperty(server, "emit", { value: emit, configurable: true, writable: true });
}
