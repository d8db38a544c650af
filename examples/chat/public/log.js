import { avatar, element, icon } from "./dom.js";

/** Messages of one author with less than this between them stand together. */
const GROUP_WITHIN = 5 * 60_000;
/** Older lines go, so that a page that is open for weeks stays light. */
const MAX_LINES = 500;
/** Within this many pixels of its end, a log follows what is new. */
const NEAR_END = 48;

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const weekday = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
});

/** The messages of one room, as they are shown. */
export class MessageLog {
  /** The element that scrolls. */
  element;
  /** Messages that came while one was reading further up. */
  unseen = 0;
  #list = element("ol", { className: "lines" });
  #isFollowing = true;
  /** The last line that tells what people did, and who they are. */
  #crowd;

  /** @param onScroll Called when `unseen` may have changed. */
  constructor(roomName, onScroll) {
    this.element = element("div", { className: "log", role: "log", tabIndex: 0 });
    this.element.ariaLabel = `Messages in ${roomName}`;
    this.element.append(
      this.#list,
      element(
        "div",
        { className: "empty" },
        icon("bubble"),
        element("p", { className: "empty-title" }, "It is quiet here"),
        element("p", {}, "Say hello, or open this page in a second window and talk to yourself."),
      ),
    );
    this.element.addEventListener("scroll", () => {
      const { scrollTop, scrollHeight, clientHeight } = this.element;
      if (clientHeight === 0) return; // Not shown.
      this.#isFollowing = scrollHeight - scrollTop - clientHeight < NEAR_END;
      if (this.#isFollowing) this.unseen = 0;
      onScroll();
    });
    new ResizeObserver(() => this.follow()).observe(this.element);
  }

  /** Shows a message of somebody. It stands before the own ones that the server has not seen yet. */
  add(sender, content, sent, isOwn) {
    const line = this.#message(sender, content, new Date(sent.timestamp), isOwn);
    if (isOwn) this.delivered(line, sent);
    else line.dataset.seq = sent.seq;
    this.#insert(line);
    if (!this.#isFollowing) this.unseen++;
  }

  /** Shows an own message that is on its way; `delivered` or `failed` follows. */
  addPending(sender, content) {
    const line = this.#message(sender, content, new Date(), true);
    setState(line, "pending", "Sending");
    this.#insert(line);
    this.follow(true);
    return line;
  }

  /** The server has the message. */
  delivered(line, { timestamp, seq }) {
    line.dataset.seq = seq;
    const time = new Date(timestamp);
    const stamp = line.querySelector("time");
    stamp.dateTime = time.toISOString();
    stamp.textContent = clock.format(time);
    setState(line, "delivered", "Delivered");
    line.querySelector(".state").title = `Delivered as no. ${seq}, ${exact.format(time)}`;
  }

  /** The server does not have the message, or nobody knows; `onRetry` sends it again. */
  failed(line, text, onRetry) {
    setState(line, "failed", "Not delivered");
    const retry = element("button", { type: "button", className: "link" }, "Send again");
    retry.addEventListener("click", () => {
      line.remove();
      onRetry();
    });
    line.querySelector(".body").append(element("p", { className: "failure" }, `${text} `, retry));
    this.follow();
  }

  /** Shows that something happened: the connection is back, messages are missing. */
  notice(text) {
    const line = element("li", { className: "notice" }, text);
    this.#insert(line);
    return line;
  }

  /** Shows what somebody did. The same of several people, one after the other, is one line. */
  happened(name, what) {
    const crowd = this.#crowd;
    const isLast = crowd !== undefined && isEnd(crowd.line.nextElementSibling);
    if (isLast && crowd.line.isConnected && crowd.what === what) crowd.names.push(name);
    else this.#crowd = { line: this.notice(""), what, names: [name] };
    const { line, names } = this.#crowd;
    line.replaceChildren(...listOf(names), ` ${what}`);
    this.follow();
  }

  /** Scrolls to the end, if one is there already or `always`. */
  follow(always = false) {
    if (always) {
      this.#isFollowing = true;
      this.unseen = 0;
    }
    if (this.#isFollowing) this.element.scrollTop = this.element.scrollHeight;
  }

  #message(sender, content, time, isOwn) {
    const line = element("li", { className: isOwn ? "message own" : "message" });
    line.dataset.author = sender.id;
    line.dataset.time = String(time.getTime());
    const byline = element(
      "p",
      { className: "byline" },
      element(
        "span",
        { className: isOwn ? "visually-hidden" : "author", dir: "auto" },
        isOwn ? "You" : sender.name,
      ),
      element(
        "time",
        { dateTime: time.toISOString(), title: exact.format(time) },
        clock.format(time),
      ),
    );
    const bubble = element("div", { className: "bubble" }, element("p", { dir: "auto" }, content));
    if (isOwn) bubble.append(element("span", { className: "state" }));
    line.append(avatar(sender), element("div", { className: "body" }, byline, bubble));
    return line;
  }

  #insert(line) {
    const list = this.#list;
    let before = list.lastElementChild;
    while (before !== null && isLater(before, line)) before = before.previousElementSibling;
    if (before === null) list.prepend(line);
    else before.after(line);
    this.#stampDay(line);
    group(line);
    if (line.nextElementSibling !== null) group(line.nextElementSibling);
    while (list.children.length > MAX_LINES) list.firstElementChild.remove();
    this.follow();
  }

  /** Puts the day before the first message of each day. */
  #stampDay(line) {
    if (line.dataset.time === undefined) return;
    const day = weekday.format(Number(line.dataset.time));
    const days = this.#list.querySelectorAll(".day");
    if (days[days.length - 1]?.dataset.day === day) return;
    line.before(element("li", { className: "day", dataset: { day } }, element("span", {}, day)));
  }
}

/** Whether nothing comes after a line but messages that are not sent yet. */
function isEnd(next) {
  return next === null || next.dataset.state === "pending";
}

/** "Ada", "Ada and Ben", "Ada, Ben and 100 others": names whose direction is their own. */
function listOf(names) {
  const [first, second, ...others] = [...new Set(names)].map((name) => element("bdi", {}, name));
  if (second === undefined) return [first];
  if (others.length === 0) return [first, " and ", second];
  return [
    first,
    ", ",
    second,
    " and ",
    ...(others.length === 1 ? others : [`${others.length} others`]),
  ];
}

/** Whether `one` belongs below `other`, which is new: it is not sent yet, or its position is higher. */
function isLater(one, other) {
  if (one.dataset.state === "pending") return other.dataset.state !== "pending";
  return Number(one.dataset.seq) > Number(other.dataset.seq);
}

/** A message right after one of the same author needs no name, time and avatar of its own. */
function group(line) {
  const before = line.previousElementSibling;
  const isNear = Number(line.dataset.time) - Number(before?.dataset.time) < GROUP_WITHIN;
  const isGrouped = isNear && before.dataset.author === line.dataset.author;
  line.classList.toggle("grouped", isGrouped);
  before?.classList.toggle("continues", isGrouped);
}

const STATE_ICONS = { pending: "clock", delivered: "check", failed: "alert" };

function setState(line, state, text) {
  line.dataset.state = state;
  line
    .querySelector(".state")
    .replaceChildren(
      icon(STATE_ICONS[state]),
      element("span", { className: "visually-hidden" }, text),
    );
}
