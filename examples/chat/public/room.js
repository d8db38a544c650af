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
  /** The position of the last message seen, once there was one. */
  #seq;

  /** @param onChange Called with the room when there is something new to show. */
  constructor(name, me, onChange, onScroll) {
    this.name = name;
    this.#me = me;
    this.#onChange = () => onChange(this);
    this.log = new MessageLog(name, onScroll);
    const label = element("span", { className: "room-name" }, name);
    this.button = element("button", { type: "button", className: "room" }, label, this.#badge);
  }

  /** Kept current by the connection. */
  get members() {
    return this.#place?.members ?? [];
  }

  /** Joins, and stays in over reconnects; rejects when we are not let in, or not any more. */
  async join(connection) {
    const wasHere = this.#place !== undefined;
    this.#joining = connection.join(this.name);
    const place = await this.#joining;
    this.#place = place;
    if (wasHere) this.#comeBack();
    place.on("room_info", ({ seq }) => this.#comeBack(seq));
    place.on("members", this.#onChange);
    place.on("user_joined", ({ payload }) => this.log.notice(`${payload.name} joined`));
    place.on("user_left", ({ payload }) => this.log.notice(`${payload.name} left`));
    place.on("user_typing", (message) => this.#showTyping(message));
    place.on("new_message", (message) => this.#show(message));
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
    try {
      const place = await this.#joining;
      const sent = await place.send({ content });
      this.#seq = sent.seq;
      this.log.delivered(line, sent);
    } catch (error) {
      const text = FAILURES[error.code] ?? error.message;
      this.log.failed(line, text, () => this.post(content));
    }
  }

  #show({ sender, payload, timestamp, seq }) {
    this.#seq = seq;
    // Own messages come from our other tabs. Without a sender, the server itself has spoken.
    const isOwn = sender?.id === this.#me.id;
    this.log.add(sender ?? { id: "", name: "Server" }, textOf(payload), timestamp, isOwn);
    if (!isOwn && (!this.isShown || document.hidden)) this.unread++;
    this.#onChange();
  }

  #showTyping({ sender, payload }) {
    if (payload.typing) this.typing.set(sender.id, sender);
    else this.typing.delete(sender.id);
    this.#onChange();
  }

  /** @param seq The room's position now, where it is known. */
  #comeBack(seq) {
    const isComplete = seq !== undefined && seq === this.#seq;
    this.log.notice(isComplete ? "Back again" : "Back again. You may have missed messages.");
    this.#seq = seq;
  }
}

/** Other programs may send other payloads; they are shown as they are. */
function textOf(payload) {
  return typeof payload?.content === "string" ? payload.content : JSON.stringify(payload);
}
