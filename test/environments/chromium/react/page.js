/**
 * A page with one room, in StrictMode. `show(room, way)` shows a room by the hook of the docs, or by another way;
 * without a room nothing is shown.
 */
import { createElement, StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { connection, useRoom } from "./use-room.js";

/** By the hook of the docs. */
function ByHook({ id }) {
  const { messages, members, error } = useRoom(id);
  return createElement(Room, { messages, members, error });
}

/** The handle is state, and an effect listens afterwards. */
function ByState({ id }) {
  const [room, setRoom] = useState();
  const [messages, setMessages] = useState([]);
  useEffect(() => {
    let isHere = true;
    const joining = connection.join(id);
    joining.then((joined) => isHere && setRoom(joined));
    return () => {
      isHere = false;
      joining.then((joined) => joined.leave());
      setRoom(undefined);
      setMessages([]);
    };
  }, [id]);
  useEffect(() => {
    return room?.on("new_message", (message) => setMessages((all) => [...all, message]));
  }, [room]);
  return createElement(Room, { messages, members: room?.members ?? [] });
}

function Room({ messages, members, error }) {
  return createElement(
    "main",
    {},
    createElement("ol", {}, messages.map(line)),
    createElement(
      "ul",
      {},
      members.map(({ id, name }) => createElement("li", { key: id }, name)),
    ),
    error && createElement("p", {}, error.code),
  );
}

function line({ type, seq, payload }, key) {
  return createElement("li", { key }, type === "gap" ? JSON.stringify(payload) : `${seq}`);
}

/** Of a server: the markup of a room. */
export function render(id) {
  return renderToString(createElement(ByHook, { id }));
}

if (typeof document !== "undefined") {
  const root = createRoot(document.body.appendChild(document.createElement("div")));
  globalThis.connection = connection;
  globalThis.opened = new Promise((resolve) => {
    connection.on("status", ({ state }) => state === "open" && resolve());
  });
  globalThis.show = (id, way = "hook") => {
    const shown = id && createElement(way === "hook" ? ByHook : ByState, { id });
    root.render(createElement(StrictMode, {}, shown));
  };
}
