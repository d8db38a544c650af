import { avatar, element } from "./dom.js";
import { cleanName, userOf } from "./name.js";
import { ChatRoom } from "./room.js";
import { connect } from "./roomcast.js";
import { closeSide } from "./side.js";

const TOAST_TIME = 6_000;
const SESSION = "roomcast-chat";

/** Sorts names as people do: 2 before 10. */
const { compare } = new Intl.Collator(undefined, { numeric: true });

const find = (id) => document.getElementById(id);
const chat = find("chat");
const draft = find("draft");
const hasKeyboard = matchMedia("(hover: hover)");

/** Rooms by name. */
const rooms = new Map();
/** The room that is shown. */
let current;
/** Who we are. */
let me;
let connection;

// Coming in and going out. A session lasts as long as its tab, so a second tab can be somebody else.

find("door-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = cleanName(find("name").value);
  const room = cleanRoom(find("first-room").value) || "lobby";
  find("name-problem").textContent = name === "" ? "Please use letters that can be seen." : "";
  if (name !== "") enter({ name, rooms: [room], current: room });
});

find("sign-out").addEventListener("click", () => {
  me = undefined; // What is left of the session is not saved again.
  sessionStorage.removeItem(SESSION);
  location.reload();
});

async function showDoor() {
  find("door").hidden = false;
  if (hasKeyboard.matches) find("name").focus();
  const { online } = await (await fetch("ws/online")).json();
  const text = online === 1 ? "1 person is here now" : `${online} people are here now`;
  find("online").textContent = text;
  find("online").hidden = online === 0;
}

function enter({ name, rooms: names, kept = {}, current: shown }) {
  find("door").hidden = true;
  chat.hidden = false;
  me = userOf(name);
  find("me-name").textContent = me.name;
  find("me-avatar").replaceChildren(avatar(me));
  goOnline();
  for (const room of names) openRoom(room, kept[room]);
  show(rooms.get(shown) ?? firstRoom());
}

function saveSession() {
  if (me === undefined) return;
  const kept = Object.fromEntries([...rooms].map(([name, room]) => [name, room.kept]));
  const state = { name: me.name, rooms: [...rooms.keys()], kept, current: current?.name };
  sessionStorage.setItem(SESSION, JSON.stringify(state));
  const link = new URL(location.href);
  if (current === undefined) link.searchParams.delete("room");
  else link.searchParams.set("room", current.name);
  history.replaceState(null, "", link);
}

// The connection: it comes back by itself, and into its rooms, until it is closed for good.

function goOnline() {
  const url = new URL("ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  connection = connect(url.href, { token: () => me.name });
  connection.on("status", showStatus);
  // The server's own last word, before it closes the connection.
  connection.on("restarting", () => {
    isRestarting = true;
  });
  connection.on("error", ({ message }) => toast(message));
  for (const room of rooms.values()) join(room);
}

function join(room) {
  room.join(connection).catch(({ code, message }) => {
    if (code === "CLOSED") return; // The banner says it, for all rooms.
    closeRoom(room);
    const where = `in # ${room.name}`;
    toast(
      code === "FORBIDDEN" ? `You are not allowed ${where}.` : `You are not ${where}: ${message}`,
    );
  });
}

find("try-now").addEventListener("click", () => {
  if (connection.status.state === "closed") goOnline();
  else connection.retry();
});

const STATES = {
  connecting: "Connecting…",
  open: "Connected",
  waiting: "Not connected",
  closed: "Disconnected",
};

let isLost = false;
/** Whether the server has said that it goes, to come back. */
let isRestarting = false;
let countdown;

function showStatus({ state, delay, reason }) {
  chat.dataset.connection = state;
  find("connection").textContent = STATES[state];
  // The first attempt is no loss yet, and the next ones don't mend it.
  if (state !== "connecting") isLost = state !== "open";
  if (state === "open") isRestarting = false;
  find("banner").hidden = !isLost;
  const text =
    state === "closed"
      ? `The connection is closed${reason ? `: ${reason}` : "."}`
      : `The ${isRestarting ? "server is restarting" : "connection is lost"}.`;
  // Said aloud once, not with every try.
  if (isLost && find("banner-text").textContent !== text) find("banner-text").textContent = text;
  find("try-now").hidden = state === "connecting";
  clearInterval(countdown);
  const triesAt = Date.now() + delay;
  const tick = () => {
    const seconds = Math.max(1, Math.ceil((triesAt - Date.now()) / 1_000));
    find("banner-countdown").textContent = `Next try in ${seconds} s.`;
  };
  if (state === "waiting") {
    countdown = setInterval(tick, 500);
    tick();
  } else {
    find("banner-countdown").textContent = state === "connecting" ? "Trying…" : "";
  }
  if (state !== "open") for (const room of rooms.values()) room.typing.clear();
  renderTyping();
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
  current.leave();
  closeRoom(current);
});

/** One spelling per room: `# Design  Team` is `design-team`. */
function cleanRoom(text) {
  const name = cleanName(text.replace(/^[\s#]+/, ""));
  return name.toLowerCase().replaceAll(" ", "-");
}

function openRoom(name, kept) {
  const known = rooms.get(name);
  if (known !== undefined) return known;
  const room = new ChatRoom(name, me, kept, render, renderJump);
  room.button.addEventListener("click", () => show(room));
  room.log.element.hidden = true;
  rooms.set(name, room);
  find("room-list").append(element("li", {}, room.button));
  find("logs").append(room.log.element);
  join(room);
  return room;
}

function closeRoom(room) {
  if (!rooms.delete(room.name)) return;
  room.button.parentElement.remove();
  room.log.element.remove();
  if (room === current) show(firstRoom());
  else saveSession();
}

function firstRoom() {
  return rooms.values().next().value;
}

function show(room) {
  if (current !== undefined && current !== room) {
    current.setTyping(false);
    current.draft = draft.value;
    current.isShown = false;
    current.log.element.hidden = true;
    current.button.removeAttribute("aria-current");
  }
  current = room;
  closeSide();
  draft.value = room?.draft ?? "";
  draft.placeholder = room === undefined ? "" : `Message # ${room.name}`;
  draft.disabled = room === undefined;
  find("no-room").hidden = room !== undefined;
  find("leave").hidden = room === undefined;
  find("room-title").textContent = room === undefined ? "Chat" : `# ${room.name}`;
  if (room !== undefined) {
    room.isShown = true;
    room.unread = 0;
    room.button.setAttribute("aria-current", "true");
    room.log.element.hidden = false;
    room.log.follow();
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
  room?.renderBadge();
  const unread = [...rooms.values()].reduce((sum, { unread }) => sum + unread, 0);
  find("unread-elsewhere").hidden = unread === 0;
  const title = current === undefined ? "Chat" : `# ${current.name}`;
  document.title = unread === 0 ? title : `(${unread}) ${title}`;
  if (room !== current) return;
  renderMembers();
  renderTyping();
  renderJump();
  renderSend();
}

function renderMembers() {
  const members = [...(current?.members ?? [])].sort(byName);
  const count = members.length;
  find("room-count").textContent = count === 0 ? "" : count === 1 ? "1 person" : `${count} people`;
  find("alone").hidden = count !== 1;
  find("member-list").replaceChildren(
    ...members.map((user) =>
      element(
        "li",
        { className: user.reconnecting ? "member away" : "member" },
        avatar(user),
        element("span", { className: "member-name", dir: "auto" }, user.name),
        element("span", { className: "tag" }, tagOf(user)),
      ),
    ),
  );
}

function tagOf({ id, reconnecting }) {
  if (id === me.id) return "you";
  return reconnecting ? "reconnecting" : "";
}

function byName(one, other) {
  if (one.id === me.id || other.id === me.id) return one.id === me.id ? -1 : 1;
  return compare(one.name, other.name);
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

function renderSend() {
  find("send").disabled = current === undefined || draft.value.trim() === "";
}

// Writing.

find("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const content = draft.value.trim();
  if (content === "" || current === undefined) return;
  draft.value = "";
  current.post(content);
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
  current.setTyping(draft.value.trim() !== "");
});

function toast(text) {
  find("toast").textContent = text;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => find("toast").replaceChildren(), TOAST_TIME);
}

// A reload goes on where it was; a link leads to a room.

addEventListener("pagehide", saveSession);

const session = JSON.parse(sessionStorage.getItem(SESSION) ?? "null");
const linked = cleanRoom(new URLSearchParams(location.search).get("room") ?? "");
if (session === null) {
  if (linked !== "") find("first-room").value = linked;
  showDoor();
} else {
  const names = linked === "" ? session.rooms : [...new Set([...session.rooms, linked])];
  enter({ ...session, rooms: names, current: linked || session.current });
}
