import { App, us_listen_socket_close, us_socket_local_port } from "uWebSockets.js";
import { STATUS_CODES } from "node:http";
import { type Hub, UpgradeGuard } from "roomcast";
import { MemorySocket } from "roomcast/testing";
import { attach as attachToUws } from "roomcast/uws";
import { accept, type StandardWebSocket } from "roomcast/websocket";
import { accept as acceptFromWs, attach, handshakeFrom } from "roomcast/ws";
import { WebSocketServer } from "ws";
import { afterwards, Remote, startServer } from "../../support/net.js";
import type { RemoteEnd, Transport } from "./transport.js";

const userOf = (name: string) => ({ id: name.toLowerCase(), name });

/** `ws`, on a plain connection or with compression negotiated. */
function ws(perMessageDeflate: boolean): Transport {
  return {
    name: perMessageDeflate ? "ws with permessage-deflate" : "ws",
    hasGate: true,
    async open(hub, options) {
      const { server, port } = await startServer();
      const deflate = perMessageDeflate ? { threshold: 0 } : false;
      attach(hub, new WebSocketServer({ server, perMessageDeflate: deflate }), options);
      const open = (name: string) =>
        Remote.open(`ws://127.0.0.1:${port}/?token=${name}`, [], { perMessageDeflate });
      return { port, connect: open };
    },
  };
}

/** `ws`, where a framework upgrades and hands over what it has: its own code asks a guard first. */
const handedOver: Transport = {
  name: "ws, upgraded by a framework",
  hasGate: true,
  async open(hub, options) {
    const { server, port } = await startServer();
    const guard = new UpgradeGuard(hub, options);
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    server.on("upgrade", async (request, socket, head) => {
      // While a guard is asked, nobody else listens.
      socket.on("error", () => socket.destroy());
      const admission = await guard.admit(handshakeFrom(request));
      if (admission.isAdmitted) {
        sockets.handleUpgrade(request, socket, head, (ws) => acceptFromWs(hub, ws, admission));
        return;
      }
      const { status, headers, text } = admission;
      const lines = Object.entries({ ...headers, Connection: "close" }).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${text}`);
    });
    return { port, connect: (name) => Remote.open(`ws://127.0.0.1:${port}/?token=${name}`) };
  },
};

const uws: Transport = {
  name: "uWebSockets.js",
  hasGate: true,
  async open(hub, options) {
    const app = App();
    attachToUws(hub, app, options);
    const port = await new Promise<number>((resolve, reject) => {
      app.listen("127.0.0.1", 0, (listening) => {
        if (!listening) return reject(new Error("uWebSockets.js does not listen."));
        afterwards(() => us_listen_socket_close(listening));
        resolve(us_socket_local_port(listening));
      });
    });
    return { port, connect: (name) => Remote.open(`ws://127.0.0.1:${port}/?token=${name}`) };
  },
};

/** Standard WebSockets: those of `ws`, of which nothing but the standard is handed over. */
const standard: Transport = {
  name: "a standard WebSocket",
  hasGate: false,
  async open(hub) {
    const { server, port } = await startServer();
    new WebSocketServer({ server }).on("connection", (socket, { url = "" }) => {
      const name = new URL(url, "http://x").searchParams.get("token") ?? "";
      accept(hub, standardOnly(socket as unknown as StandardWebSocket), { user: userOf(name) });
    });
    return { port, connect: (name) => Remote.open(`ws://127.0.0.1:${port}/?token=${name}`) };
  },
};

/** What a standard WebSocket has, and an error for anything else. */
function standardOnly(socket: StandardWebSocket): StandardWebSocket {
  const known = ["readyState", "bufferedAmount", "binaryType", "send", "close"].concat([
    "addEventListener",
    "removeEventListener",
    "accept",
  ]);
  return new Proxy(socket, {
    get(target, key) {
      if (!known.includes(String(key))) throw new Error(`${String(key)} is not of the standard.`);
      if (key === "accept") return undefined;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const memory: Transport = {
  name: "MemorySocket",
  hasGate: false,
  async open(hub: Hub) {
    return {
      connect: async (name) => remoteEndOf(MemorySocket.connect(hub, { user: userOf(name) })),
    };
  },
};

function remoteEndOf(socket: MemorySocket): RemoteEnd {
  return {
    send: (message) => socket.send(message),
    next: () => socket.next(),
    closed: socket.ended,
    close: (code, reason) => socket.hangUp(code, reason),
    cut: () => socket.cut(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
}

/** Every adapter there is. A new one is added here, and the whole contract runs against it. */
export const transports: readonly Transport[] = [
  ws(false),
  ws(true),
  handedOver,
  uws,
  standard,
  memory,
];
