import { element } from "./dom.js";
import { MessageLog } from "./log.js";

/** What an error means to somebody who has just written something. */
const FAILURES = {
  CLOSED: "You are not connected.",
  CONNECTION_LOST: "The connection was lost before the server confirmed this.",
  EXPIRED: "There was no connection for too long.",
  LEFT: "You are not connected.",
  QUEUE_FULL: "Too much is waiting to be sent.",
  RATE_LIMITED: "That was too fast. Wait a moment.",
  TIMEOUT: "The server has not confirmed this.",
};

/** How many of the last messages to show to somebody who comes in, and at most after a reload. */
const FIRST = 50;
const RELOADED = 100;

/** What a gap means: some messages are known to be lost, or nobody can know. */
const MISSED = "Some messages were missed while you were away.";
const PERHAPS_MISSED = "The server lost its history: messages may have been missed.";

/** Why somebody is not a member any more. */
const DEPARTURES = {
  left: "left",
  timeout: "left: connection lost",
  kicked: "was removed",
  closed: "was disconnected",
};

/** A room that one is in, or wants to be in: what is known of it, and its messages. */
export class ChatRoom {
  name;
  /** Its entry in the list of rooms, with the number of messages that were not read. */
  button;
  log;
  /** Who is typing, by id. */
  typing = new Map();
  unread = 0;
  /** What was written here and not sent. */
  draft = "";
  isShown = false;
  #badge = element("span", { className: "badge", hidden: true });
  #me;
  #onChange;
  /** The promise of a place in the room, and then the place. */
  #joining;
  #place;
  /** Kept over a reload: the position at which the log begins, and the one up to which it was read. */
  #kept;
  #wasHere = false;
  /** Own messages that the server has not confirmed, by the key that they carry. */
  #unconfirmed = new Map();

  /**
   * @param kept What {@link kept} was before the page was reloaded.
   * @param onChange Called with the room when there is something new to show.
   */
  constructor(name, me, kept, onChange, onScroll) {
    this.name = name;
    this.#kept = kept;
    this.#me = me;
    this.#onChange = () => onChange(this);
    this.log = new MessageLog(name, onScroll);
    const label = element("span", { className: "room-name", dir: "auto" }, name);
    this.button = element("button", { type: "button", className: "room" }, label, this.#badge);
  }

  /** Kept current by the connection. */
  get members() {
    return this.#place?.members ?? [];
  }

  /** What a reload needs to show the same messages, at most the last 100; undefined if we were never in. */
  get kept() {
    const read = this.#place?.position;
    if (read === undefined || this.#kept === undefined) return this.#kept;
    const { epoch, seq } = this.#kept.begin;
    return { begin: { epoch, seq: Math.max(seq, read.seq - RELOADED) }, read };
  }

  /** Joins, and stays in over reconnects; rejects when we are not let in, or not any more. */
  async join(connection) {
    const place = connection.room(this.name);
    // Whoever listens before joining hears everything.
    place.on("room_info", (message) => this.#enter(message));
    place.on("gap", ({ to }) => this.log.notice(to === undefined ? PERHAPS_MISSED : MISSED));
    place.on("members", this.#onChange);
    const tell = (type, text) => {
      place.on(type, ({ payload }) => this.log.happened(payload.name, text(payload)));
    };
    tell("user_joined", () => "joined");
    tell("user_left", ({ reason }) => DEPARTURES[reason]);
    tell("user_reconnecting", () => "lost the connection");
    tell("user_returned", () => "is back");
    place.on("user_typing", (message) => this.#showTyping(message));
    place.on("new_message", (message) => this.#show(message));
    // On another connection, go on after what is shown; after a reload, show what was there.
    const since = this.#wasHere ? this.#place.position : this.#kept?.begin;
    this.#joining = place.join({ since, last: FIRST });
    this.#place = await this.#joining;
    this.#onChange();
    await new Promise((_, reject) => place.on("left", reject));
  }

  leave() {
    this.#joining.then((place) => place.leave()).catch(() => {}); // We were never in.
  }

  renderBadge() {
    this.#badge.hidden = this.unread === 0;
    this.#badge.replaceChildren(
      this.unread > 99 ? "99+" : String(this.unread),
      element("span", { className: "visually-hidden" }, " unread"),
    );
  }

  /** Call it at each key: the connection tells the others seldom, and stops by itself. */
  setTyping(isTyping) {
    if (isTyping) this.#place?.typing();
    else this.#place?.stopTyping();
  }

  /** Sends a message, and shows at once that it is on its way: it waits for the line, if need be. */
  async post(content) {
    const line = this.log.addPending(this.#me, content);
    const key = Math.random().toString(36).slice(2);
    this.#unconfirmed.set(key, line);
    try {
      const place = await this.#joining;
      this.log.delivered(line, await place.send({ content, key }));
      this.#unconfirmed.delete(key);
    } catch (error) {
      const text = FAILURES[error.code] ?? error.message;
      this.log.failed(line, text, () => this.post(content));
    }
  }

  #show(message) {
    const { sender, payload } = message;
    // Own messages come from our other tabs; or from here, if the line broke before the server's answer.
    // Without a sender, the server itself has spoken.
    const isOwn = sender?.id === this.#me.id;
    if (isOwn) this.#forget(payload?.key);
    this.log.add(sender ?? { id: "", name: "Server" }, textOf(payload), message, isOwn);
    const isRead = message.seq <= this.#kept?.read.seq;
    if (!isOwn && !isRead && (!this.isShown || document.hidden)) this.unread++;
    this.#onChange();
  }

  #showTyping({ sender, payload }) {
    if (payload.typing) this.typing.set(sender.id, sender);
    else this.typing.delete(sender.id);
    this.#onChange();
  }

  /** Unasked, without an `id`, the list of members comes to whom the room talked too fast for. */
  #enter({ id, epoch, seq }) {
    if (id !== undefined && this.#wasHere) this.log.notice("You are back");
    // Positions of another run of the room's counter say nothing of this one.
    if (epoch !== this.#kept?.begin.epoch) {
      const position = { epoch, seq };
      this.#kept = { begin: position, read: position };
    }
    this.#wasHere = true;
    this.typing.clear();
    this.#onChange();
  }

  /** A message is there after all: what stood for it goes. */
  #forget(key) {
    this.#unconfirmed.get(key)?.remove();
    this.#unconfirmed.delete(key);
  }
}

/** Other programs may send other payloads; they are shown as they are. */
function textOf(payload) {
  return typeof payload?.content === "string" ? payload.content : JSON.stringify(payload);
}
