import { Connection } from "./connection.js";
import { avatar, element } from "./dom.js";
import { MessageLog } from "./log.js";
import { cleanName, userOf } from "./name.js";

/** "Still typing" is said this often at most; the server forgets it after 5 seconds. */
const TYPING_INTERVAL = 2_500;
const TOAST_TIME = 6_000;
const SESSION = "roomcast-chat";

const find = (id) => document.getElementById(id);
const chat = find("chat");
const door = find("door");
const draft = find("draft");
const hasKeyboard = matchMedia("(hover: hover)");

/** Rooms by name; made in `openRoom`. */
const rooms = new Map();
/** The room that is shown. */
let current;
/** Who we are, as the server says. */
let me;
let connection;
let typingToldAt = 0;

// Coming in and going out. A session lasts as long as its tab, so a second tab can be somebody else.

find("door-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = cleanName(find("name").value);
  const room = cleanRoom(find("first-room").value) || "lobby";
  find("name-problem").textContent = name === "" ? "Please use letters that can be seen." : "";
  if (name !== "") enter(name, [room], room);
});

find("sign-out").addEventListener("click", () => {
  sessionStorage.removeItem(SESSION);
  connection.close();
  location.reload();
});

async function showDoor() {
  door.hidden = false;
  if (hasKeyboard.matches) find("name").focus();
  const { online } = await (await fetch("ws/online")).json();
  const text = online === 1 ? "1 person is here now" : `${online} people are here now`;
  find("online").textContent = text;
  find("online").hidden = online === 0;
}

function enter(name, roomNames, shown) {
  door.hidden = true;
  chat.hidden = false;
  setMe(userOf(name));
  const url = new URL("ws", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.search = new URLSearchParams({ token: name });
  connection = new Connection(url.href);
  connection.addEventListener("state", ({ detail }) => showState(detail));
  connection.addEventListener("message", ({ detail }) => receive[detail.type]?.(detail));
  connection.addEventListener("rejected", ({ detail }) => {
    closeRoom(detail.room);
    toast(`You cannot join # ${detail.room}: ${detail.error.message}`);
  });
  for (const room of roomNames) openRoom(room);
  show(rooms.get(shown) ?? firstRoom());
  connection.open();
  // The network is back: no need to wait any longer.
  addEventListener("online", () => connection.state === "waiting" && connection.open());
}

function setMe(user) {
  me = user;
  find("me-name").textContent = user.name;
  find("me-avatar").replaceChildren(avatar(user));
}

function saveSession() {
  const state = { name: me.name, rooms: [...rooms.keys()], current: current?.name };
  sessionStorage.setItem(SESSION, JSON.stringify(state));
  const link = new URL(location.href);
  if (current === undefined) link.searchParams.delete("room");
  else link.searchParams.set("room", current.name);
  history.replaceState(null, "", link);
}

// What the server says, by type.

const receive = {
  room_info({ room: name, payload, seq }) {
    const room = rooms.get(name);
    if (room === undefined) return;
    room.members = new Map(payload.users.map((user) => [user.id, user]));
    room.typing.clear();
    if (room.seq !== undefined) {
      const isSame = seq === room.seq;
      room.log.notice(isSame ? "Back again" : "Back again. You may have missed messages.");
    }
    room.seq = seq;
    render(room);
  },

  user_joined({ room: name, payload }) {
    const room = rooms.get(name);
    if (room === undefined) return;
    room.members.set(payload.id, payload);
    room.log.notice(`${payload.name} joined`);
    render(room);
  },

  user_left({ room: name, payload }) {
    const room = rooms.get(name);
    if (room === undefined) return;
    room.members.delete(payload.id);
    room.typing.delete(payload.id);
    room.log.notice(`${payload.name} left`);
    render(room);
  },

  user_typing({ room: name, sender, payload }) {
    const room = rooms.get(name);
    if (room === undefined || sender.id === me.id) return;
    if (payload.typing) room.typing.set(sender.id, sender);
    else room.typing.delete(sender.id);
    render(room);
  },

  new_message({ room: name, sender, payload, timestamp, seq }) {
    const room = rooms.get(name);
    if (room === undefined) return;
    room.seq = seq;
    // Own messages come from our other tabs. Without a sender, the server itself has spoken.
    const isOwn = sender?.id === me.id;
    const author = sender ?? { id: "", name: "Server" };
    room.log.add(author, textOf(payload), timestamp, isOwn);
    if (!isOwn && (room !== current || document.hidden)) room.unread++;
    render(room);
  },

  error({ id, payload }) {
    // An error with an id is the answer to something, and shown where that was.
    if (id === undefined) toast(payload.message);
  },
};

/** Other programs may send other payloads; they are shown as they are. */
function textOf(payload) {
  return typeof payload?.content === "string" ? payload.content : JSON.stringify(payload);
}

// Rooms.

find("join-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = cleanRoom(find("join-room").value);
  if (name === "") return;
  find("join-room").value = "";
  show(openRoom(name));
});

find("leave").addEventListener("click", () => {
  const { name } = current;
  typingToldAt = 0; // Leaving ends the indicator by itself.
  connection.leave(name);
  closeRoom(name);
});

/** One spelling per room: `# Design  Team` is `design-team`. */
function cleanRoom(text) {
  const name = cleanName(text.replace(/^[\s#]+/, ""));
  return name.toLowerCase().replaceAll(" ", "-");
}

function openRoom(name) {
  const known = rooms.get(name);
  if (known !== undefined) return known;
  const label = element("span", { className: "room-name" }, name);
  const badge = element("span", { className: "badge", hidden: true });
  const button = element("button", { type: "button", className: "room" }, label, badge);
  const room = {
    name,
    button,
    badge,
    item: element("li", {}, button),
    log: new MessageLog(name, renderJump),
    /** Users by id. */
    members: new Map(),
    typing: new Map(),
    unread: 0,
    draft: "",
    /** The position of the last message seen; unknown until we are let in. */
    seq: undefined,
  };
  button.addEventListener("click", () => show(room));
  room.log.element.hidden = true;
  rooms.set(name, room);
  find("room-list").append(room.item);
  find("logs").append(room.log.element);
  connection.join(name);
  return room;
}

function closeRoom(name) {
  const room = rooms.get(name);
  if (room === undefined) return;
  rooms.delete(name);
  room.item.remove();
  room.log.element.remove();
  if (room === current) show(firstRoom());
  else saveSession();
}

function firstRoom() {
  return rooms.values().next().value;
}

function show(room) {
  if (current !== undefined && current !== room) {
    stopTyping();
    current.draft = draft.value;
    current.log.element.hidden = true;
  }
  current = room;
  closeSide();
  draft.value = room?.draft ?? "";
  draft.placeholder = room === undefined ? "" : `Message # ${room.name}`;
  draft.disabled = room === undefined;
  find("no-room").hidden = room !== undefined;
  find("leave").hidden = room === undefined;
  find("room-title").textContent = room === undefined ? "Chat" : `# ${room.name}`;
  for (const { name, button } of rooms.values()) {
    if (name === room?.name) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  if (room !== undefined) {
    room.log.element.hidden = false;
    room.log.follow();
    room.unread = 0;
    if (hasKeyboard.matches) draft.focus();
  }
  saveSession();
  render(room);
}

addEventListener("visibilitychange", () => {
  if (document.hidden || current === undefined) return;
  current.unread = 0;
  render(current);
});

// What is shown of a room, besides its messages.

function render(room) {
  if (room !== undefined) {
    room.badge.hidden = room.unread === 0;
    room.badge.replaceChildren(
      room.unread > 99 ? "99+" : String(room.unread),
      element("span", { className: "visually-hidden" }, " unread"),
    );
  }
  const unread = [...rooms.values()].reduce((sum, { unread }) => sum + unread, 0);
  find("unread-elsewhere").hidden = unread === 0;
  const title = current === undefined ? "Chat" : `# ${current.name}`;
  document.title = unread === 0 ? title : `(${unread}) ${title}`;
  if (room === current) renderCurrent();
}

function renderCurrent() {
  const members = [...(current?.members.values() ?? [])].sort(byName);
  const count = members.length;
  find("room-count").textContent = count === 0 ? "" : count === 1 ? "1 person" : `${count} people`;
  find("alone").hidden = count !== 1;
  find("member-list").replaceChildren(
    ...members.map((user) =>
      element(
        "li",
        { className: "member" },
        avatar(user),
        element("span", { className: "member-name" }, user.name),
        user.id === me.id ? element("span", { className: "tag" }, "you") : "",
      ),
    ),
  );
  renderTyping();
  renderJump();
  renderSend();
}

function byName(one, other) {
  if (one.id === me.id || other.id === me.id) return one.id === me.id ? -1 : 1;
  return one.name.localeCompare(other.name);
}

function renderTyping() {
  const names = [...(current?.typing.values() ?? [])].map(({ name }) => name);
  const text =
    names.length > 2
      ? "Several people are typing"
      : `${names.join(" and ")} ${names.length === 1 ? "is" : "are"} typing`;
  find("typing").replaceChildren(
    ...(names.length === 0
      ? []
      : [text, element("span", { className: "dots", ariaHidden: "true" })]),
  );
}

function renderJump() {
  const unseen = current?.log.unseen ?? 0;
  find("jump").hidden = unseen === 0;
  find("jump").lastElementChild.textContent =
    unseen === 1 ? "1 new message" : `${unseen} new messages`;
}

find("jump").addEventListener("click", () => {
  current.log.follow(true);
  renderJump();
  draft.focus();
});

// Writing.

find("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const content = draft.value.trim();
  if (content === "" || current === undefined || connection.state !== "open") return;
  draft.value = "";
  typingToldAt = 0; // A message ends the indicator by itself.
  post(current, content);
  renderSend();
  draft.focus();
});

draft.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  find("composer").requestSubmit();
});

draft.addEventListener("input", () => {
  renderSend();
  if (draft.value.trim() === "") {
    stopTyping();
  } else if (Date.now() - typingToldAt > TYPING_INTERVAL) {
    typingToldAt = Date.now();
    connection.tell("typing", { room: current.name });
  }
});

function stopTyping() {
  if (typingToldAt === 0) return;
  typingToldAt = 0;
  connection.tell("stop_typing", { room: current.name });
}

/** Sends a message, and shows at once that it is on its way. */
async function post(room, content) {
  const line = room.log.addPending(me, content);
  try {
    const ack = await connection.send("send_message", { room: room.name, payload: { content } });
    room.seq = ack.seq;
    room.log.delivered(line, ack);
  } catch (error) {
    room.log.failed(line, FAILURES[error.code] ?? error.message, () => post(room, content));
  }
}

/** What an error means to somebody who has just written something. */
const FAILURES = {
  OFFLINE: "The connection was lost before the server confirmed this.",
  NO_ANSWER: "The server has not confirmed this.",
  TOO_LONG: "This is too long to send.",
  RATE_LIMITED: "That was too fast. Wait a moment.",
};

function renderSend() {
  const isEmpty = draft.value.trim() === "";
  find("send").disabled = isEmpty || current === undefined || connection.state !== "open";
}

// The connection.

const STATES = {
  connecting: "Connecting…",
  open: "Connected",
  waiting: "Not connected",
  refused: "Refused",
  closed: "Signed out",
};

let countdown;

function showState({ state, delay, reason, isRetry }) {
  chat.dataset.connection = state;
  find("connection").textContent = STATES[state];
  const isLost = state === "waiting" || state === "refused" || (state === "connecting" && isRetry);
  find("banner").hidden = !isLost;
  const text = state === "refused" ? `Refused: ${reason}` : "The connection is lost.";
  // Said aloud once, not with every try.
  if (isLost && find("banner-text").textContent !== text) find("banner-text").textContent = text;
  clearInterval(countdown);
  const retryAt = Date.now() + delay;
  const tick = () => {
    const seconds = Math.ceil((retryAt - Date.now()) / 1_000);
    find("banner-countdown").textContent =
      state === "waiting" ? `Next try in ${Math.max(1, seconds)} s.` : isRetry ? "Trying…" : "";
  };
  tick();
  if (state === "waiting") countdown = setInterval(tick, 500);
  find("try-now").hidden = state === "connecting";
  if (state !== "open") {
    typingToldAt = 0;
    for (const room of rooms.values()) room.typing.clear();
  }
  renderTyping();
  renderSend();
}

find("try-now").addEventListener("click", () => connection.open());

function toast(text) {
  find("toast").textContent = text;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => find("toast").replaceChildren(), TOAST_TIME);
}

// On narrow screens rooms and members come in from the side.

const openers = { rooms: find("show-rooms"), members: find("show-members") };

for (const [side, opener] of Object.entries(openers)) {
  opener.addEventListener("click", () => openSide(side));
  find(side)
    .querySelector(".close-side")
    .addEventListener("click", () => closeSide());
}
find("scrim").addEventListener("click", () => closeSide());
addEventListener("keydown", (event) => event.key === "Escape" && closeSide());
for (const width of [720, 1040]) {
  matchMedia(`(max-width: ${width}px)`).addEventListener("change", () => closeSide());
}

function openSide(side) {
  chat.dataset.side = side;
  openers[side].setAttribute("aria-expanded", "true");
  find("conversation").inert = true;
  find(side).querySelector(".close-side").focus();
}

function closeSide() {
  const { side } = chat.dataset;
  if (side === undefined) return;
  delete chat.dataset.side;
  find("conversation").inert = false;
  openers[side].setAttribute("aria-expanded", "false");
  openers[side].focus();
}

// A reload goes on where it was; a link leads to a room.

const session = JSON.parse(sessionStorage.getItem(SESSION) ?? "null");
const linked = cleanRoom(new URLSearchParams(location.search).get("room") ?? "");
if (session === null) {
  if (linked !== "") find("first-room").value = linked;
  showDoor();
} else {
  const names = linked === "" ? session.rooms : [...new Set([...session.rooms, linked])];
  enter(session.name, names, linked || session.current);
}
