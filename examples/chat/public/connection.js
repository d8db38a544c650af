/** The bound of the first delay before a new try, in milliseconds. It doubles with each try… */
const FIRST_DELAY = 1_000;
/** …up to this. */
const LONGEST_DELAY = 30_000;
/** A connection that held this long was a good one: the next try comes soon again. */
const STABLE_AFTER = 5_000;
/** How long the server may take to answer. */
const ANSWER_TIMEOUT = 10_000;
/** How often to ask for a sign of life: a browser sees neither pings nor a line that went dead. */
const PING_INTERVAL = 25_000;
/** The largest message that the server takes, in bytes; it closes the connection on larger ones. */
const MAX_BYTES = 4_096;

/** A message that was not sent, not answered, or answered with an `error`. */
class RequestError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * The page's end of the wire: connects, comes back by itself after a random and growing delay, goes
 * into its rooms again, and matches answers to what was sent.
 *
 * Events, all with a `detail`:
 * - `state`: `{ state, delay, reason, isRetry }`, where `state` is `connecting`, `open`, `waiting`
 *   (for `delay` milliseconds), `refused` (for good, for `reason`) or `closed`.
 * - `message`: every message of the server, as it came. Answers settle their promise as well.
 * - `rejected`: `{ room, error }`: the server did not let us into a room.
 */
export class Connection extends EventTarget {
  state = "closed";
  #url;
  #socket;
  #rooms = new Set();
  #requests = new Map();
  #lastId = 0;
  #tries = 0;
  #openedAt = 0;
  #retry;
  #pulse;

  constructor(url) {
    super();
    this.#url = url;
  }

  /** Connects, or tries again now instead of later. */
  open() {
    if (this.state === "connecting" || this.state === "open") return;
    clearTimeout(this.#retry);
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#received(JSON.parse(data));
    socket.onclose = ({ code, reason }) => this.#lost(code, reason);
    this.#become("connecting");
  }

  /** Disconnects, and stays so. */
  close() {
    this.#detach();
    this.#become("closed");
  }

  /** Goes into a room, now or as soon as there is a connection, and after every reconnect. */
  join(room) {
    this.#rooms.add(room);
    if (this.state === "open") this.#enter(room);
  }

  /** Leaves a room. */
  leave(room) {
    this.#rooms.delete(room);
    this.tell("leave_room", { payload: { room_id: room } });
  }

  /**
   * Sends a message; the promise resolves to the server's answer, or rejects with a RequestError,
   * whose `code` is the server's own, or `OFFLINE`, `TOO_LONG` or `NO_ANSWER`.
   */
  send(type, { room, payload } = {}) {
    const id = `m${++this.#lastId}`;
    return new Promise((resolve, reject) => {
      const text = JSON.stringify({ type, room, payload, id });
      if (this.#socket?.readyState !== WebSocket.OPEN) {
        reject(new RequestError("OFFLINE", "There is no connection."));
      } else if (new TextEncoder().encode(text).length > MAX_BYTES) {
        reject(new RequestError("TOO_LONG", "The message is too long."));
      } else {
        const timer = setTimeout(() => {
          this.#requests.delete(id);
          reject(new RequestError("NO_ANSWER", "The server did not answer."));
        }, ANSWER_TIMEOUT);
        this.#requests.set(id, { resolve, reject, timer });
        this.#socket.send(text);
      }
    });
  }

  /** Sends a message that needs no answer; without a connection it is dropped. */
  tell(type, { room, payload } = {}) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ type, room, payload }));
  }

  #opened() {
    this.#openedAt = Date.now();
    this.#pulse = setInterval(() => this.#ping(), PING_INTERVAL);
    for (const room of this.#rooms) this.#enter(room);
    this.#become("open");
  }

  #received(message) {
    const request = this.#requests.get(message.id);
    if (request !== undefined) {
      this.#requests.delete(message.id);
      clearTimeout(request.timer);
      if (message.type !== "error") request.resolve(message);
      else request.reject(new RequestError(message.payload.code, message.payload.message));
    }
    if (message.type === "ping") this.tell("pong");
    this.#emit("message", message);
  }

  #lost(code, reason) {
    if (this.state === "open" && Date.now() - this.#openedAt >= STABLE_AFTER) this.#tries = 0;
    this.#detach();
    if (isFinal(code)) {
      this.#become("refused", { reason: reason || "The server refused the connection." });
      return;
    }
    // Full jitter: a thousand pages that lost the same server must not come back as one.
    const delay = Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#tries++);
    this.#retry = setTimeout(() => this.open(), delay);
    this.#become("waiting", { delay });
  }

  #enter(room) {
    this.send("join_room", { payload: { room_id: room } }).catch((error) => {
      if (error.code === "OFFLINE") return; // It is tried again with the next connection.
      this.#rooms.delete(room);
      this.#emit("rejected", { room, error });
    });
  }

  #ping() {
    const socket = this.#socket;
    this.send("ping").catch(({ code }) => {
      // Closing a dead line properly takes minutes.
      if (code === "NO_ANSWER" && socket === this.#socket) this.#lost(1006, "");
    });
  }

  /** Lets go of the socket and of all that waits for it. */
  #detach() {
    clearTimeout(this.#retry);
    clearInterval(this.#pulse);
    const socket = this.#socket;
    if (socket !== undefined) {
      this.#socket = undefined;
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    for (const { reject, timer } of this.#requests.values()) {
      clearTimeout(timer);
      reject(new RequestError("OFFLINE", "The connection was lost."));
    }
    this.#requests.clear();
  }

  #become(state, { delay = 0, reason = "" } = {}) {
    this.state = state;
    this.#emit("state", { state, delay, reason, isRetry: this.#tries > 0 });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Whether a close code says that coming back is of no use. */
function isFinal(code) {
  return code === 1003 || code === 1008 || (code >= 4500 && code <= 4999);
}
