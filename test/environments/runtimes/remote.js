import WebSocket from "ws";

/** How long an answer may take, in milliseconds. */
const PATIENCE = 10_000;

const remotes = new Set();

/** A client that cannot miss a message: what arrives waits until it is asked for. */
export class Remote {
  #queue = [];
  #wake = () => {};
  #ws;

  constructor(ws) {
    this.#ws = ws;
    remotes.add(this);
    ws.on("error", () => {});
    ws.on("message", (data, isBinary) => {
      this.#queue.push(isBinary ? { type: "(binary)" } : JSON.parse(data.toString()));
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      ws.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  /** Connects as a user; rejects with the status where the upgrade is refused. */
  static async open(url, name) {
    const query = name === undefined ? "" : `?token=${name}`;
    const ws = new WebSocket(url + query);
    const remote = new Remote(ws);
    const opened = new Promise((resolve, reject) => {
      ws.once("open", resolve);
      ws.once("unexpected-response", (request, { statusCode }) => {
        request.destroy();
        reject(new Error(`HTTP ${statusCode}`));
      });
      ws.once("error", reject);
    });
    await inTime(opened, "the connection");
    return remote;
  }

  /** Cuts every line there is, after a check. */
  static cutAll() {
    for (const remote of remotes) remote.cut();
    remotes.clear();
  }

  send(envelope) {
    this.sendRaw(JSON.stringify(envelope));
  }

  /** Sends a string as text, bytes as a binary message. */
  sendRaw(data) {
    this.#ws.send(data);
  }

  /** How the connection ended, once it has. */
  closed() {
    return inTime(this.ended, "the end");
  }

  close(code, reason) {
    this.#ws.close(code, reason);
  }

  /** Stops reading from the network. */
  pause() {
    this.#ws.pause();
  }

  resume() {
    this.#ws.resume();
  }

  /** Cuts the line without a word. */
  cut() {
    this.#ws.terminate();
  }

  async next() {
    while (this.#queue.length === 0) {
      const woken = new Promise((resolve) => {
        this.#wake = resolve;
      });
      await inTime(woken, "a message");
    }
    return this.#queue.shift();
  }

  /** The next message of a type; those before it are skipped. */
  async until(type) {
    for (;;) {
      const envelope = await this.next();
      if (envelope.type === type) return envelope;
    }
  }

  /** Sends a message and resolves with its answer; what comes in between is skipped. */
  async ask(type, payload, room) {
    this.send({ type, payload, room, id: type });
    for (;;) {
      const envelope = await this.next();
      if (envelope.id === type) return envelope;
    }
  }
}

async function inTime(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come in time`)), PATIENCE);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
