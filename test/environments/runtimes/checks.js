import { deepEqual, equal, match } from "node:assert/strict";
import { Remote } from "./remote.js";

/** What every runtime must do, in this order: the last check closes the hub. */
export const checks = [
  [
    "lets in who is known, as who they are, and nobody else",
    async (url) => {
      const refused = await Remote.open(url).catch(({ message }) => message);
      equal(refused, "HTTP 401");
      const alice = await enter(url, "Alice");
      deepEqual((await alice.ask("who")).payload, { id: "alice", name: "Alice" });
    },
  ],
  [
    "joins rooms, and tells the others",
    async (url) => {
      const alice = await enter(url, "Alice", "joining");
      const bob = await Remote.open(url, "Bob");
      const info = await bob.ask("join_room", { room_id: "joining" });
      const users = ["Alice", "Bob"].map((name) => ({ id: name.toLowerCase(), name }));
      deepEqual(info.payload, { room_id: "joining", users, count: 2, max: 4_096 });
      deepEqual((await alice.until("user_joined")).payload, users[1]);
    },
  ],
  [
    "carries messages both ways, whatever their characters and length",
    async (url) => {
      const alice = await enter(url, "Alice", "talk");
      const bob = await enter(url, "Bob", "talk");
      for (const payload of ["\u0000 é € 🎉 \u2028 日本語", "", "€".repeat(1_000), { a: [null] }]) {
        deepEqual((await alice.ask("echo", payload)).payload, payload);
        equal((await alice.ask("send_message", payload, "talk")).type, "ack");
        const { sender, payload: received } = await bob.until("new_message");
        deepEqual([sender.name, received], ["Alice", payload]);
      }
    },
  ],
  [
    "keeps a thousand messages of one turn in order",
    async (url) => {
      const alice = await enter(url, "Alice");
      alice.send({ type: "burst", payload: 1_000 });
      for (let n = 1; n <= 1_000; n++) equal((await alice.next()).payload, n);
    },
  ],
  [
    "loses nothing for a remote end that stops reading for a while",
    async (url) => {
      const [bob, witness] = [await enter(url, "Bob"), await enter(url, "Witness")];
      const text = "0123456789";
      bob.pause();
      await witness.ask("flood", { user: "bob", count: 150, text });
      await witness.ask("echo");
      bob.resume();
      for (let n = 1; n <= 150; n++) {
        const { payload } = await bob.next();
        deepEqual([payload.n, payload.text.length], [n, 100_000]);
      }
      equal((await bob.ask("echo", "still here")).payload, "still here");
    },
  ],
  [
    "answers what is wrong with an error, and goes on",
    async (url) => {
      const alice = await enter(url, "Alice");
      const code = async (...message) => (await alice.ask(...message)).payload.code;
      equal(await code("no such type"), "UNKNOWN_TYPE");
      equal(await code("send_message", "hi"), "MISSING_ROOM");
      equal(await code("send_message", "hi", "elsewhere"), "NOT_IN_ROOM");
      equal(await code("forbidden"), "FORBIDDEN");
      equal(await code("broken"), "INTERNAL");
      alice.sendRaw("{");
      equal((await alice.until("error")).payload.code, "INVALID_FORMAT");
      equal((await alice.ask("echo", "still here")).payload, "still here");
    },
  ],
  [
    "closes with a code and a reason",
    async (url) => {
      for (const [code, reason] of [
        [1000, ""],
        [4_500, "Kicked."],
        [4_999, "€".repeat(41)],
      ]) {
        const alice = await enter(url, "Alice");
        alice.send({ type: "kick", payload: { code, reason } });
        deepEqual(await alice.closed(), { code, reason });
      }
    },
  ],
  [
    "closes with 1003 on a binary message, and with 1009 on one that is too large",
    async (url) => {
      const alice = await enter(url, "Alice");
      alice.sendRaw(new Uint8Array([123, 125]));
      equal((await alice.closed()).code, 1003);
      const bob = await enter(url, "Bob");
      bob.send({ type: "echo", payload: "x".repeat(5_000) });
      equal((await bob.closed()).code, 1009);
    },
  ],
  [
    "hears with which code and reason the remote end closes",
    async (url) => {
      const witness = await enter(url, "Witness");
      for (const [name, code, reason] of [
        ["None", 1005, ""],
        ["One", 1000, ""],
        ["Two", 4_321, "Bye."],
        ["Three", 4_999, "€".repeat(41)],
      ]) {
        const remote = await enter(url, name);
        if (code === 1005) remote.close();
        else remote.close(code, reason);
        await remote.closed();
        deepEqual(await endingOf(witness, name), { code, reason });
      }
    },
  ],
  [
    "notices that a line is cut, on either side",
    async (url) => {
      const witness = await enter(url, "Witness", "cut");
      const bob = await enter(url, "Bob", "cut");
      bob.cut();
      equal((await witness.until("user_left")).payload.id, "bob");
      const carol = await enter(url, "Carol", "cut");
      carol.send({ type: "cut" });
      match(String((await carol.closed()).code), /^100[16]$/);
      equal((await endingOf(witness, "Carol")).code, 1006);
    },
  ],
  [
    "leaves nothing behind in rooms that all have left",
    async (url) => {
      const alice = await enter(url, "Alice", "alone");
      const witness = await enter(url, "Witness");
      deepEqual((await witness.ask("rooms")).payload.includes("alone"), true);
      alice.close(1000, "");
      await alice.closed();
      while ((await witness.ask("rooms")).payload.includes("alone"));
    },
  ],
  [
    "closes everybody when the hub closes, and lets nobody in any more",
    async (url) => {
      const [alice, bob] = [await enter(url, "Alice"), await enter(url, "Bob")];
      alice.send({ type: "close_hub" });
      for (const remote of [alice, bob]) {
        deepEqual(await remote.closed(), { code: 1001, reason: "Done." });
      }
      const late = Remote.open(url, "Carol").then((remote) => remote.closed());
      match(
        await late.then(
          ({ code }) => `${code}`,
          ({ message }) => message,
        ),
        /^(HTTP 503|1001)$/,
      );
    },
  ],
];

/** Connects as a user, and is in the rooms when it resolves. */
async function enter(url, name, ...rooms) {
  const remote = await Remote.open(url, name);
  for (const room of rooms) await remote.ask("join_room", { room_id: room });
  return remote;
}

/** How the hub saw a user's connection end. */
async function endingOf(witness, name) {
  for (;;) {
    const [ending] = (await witness.ask("endings", name.toLowerCase())).payload;
    if (ending !== undefined) return { code: ending.code, reason: ending.reason };
  }
}
