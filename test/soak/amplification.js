import { askChild } from "../../bench/ask.js";
import { atMost, thousands } from "./report.js";
import { ADAPTERS, start, withServer } from "./start.js";

const MEMBERS = 5_000;
/** Of a short run. */
const FEW_MEMBERS = 500;
const ROOM = "hall";
const MESSAGES = 100;
const PER_SECOND = 50;

/** The members stay without pings, which would be counted. */
const options = { heartbeat: false };

/** What one member of a large room may cause, by what it sends. Each kind is a list of texts, sent in turn. */
const kinds = {
  "send_message, 1 byte": [say("1")],
  "send_message, 4 kB": [say(`"${"x".repeat(4_000)}"`)],
  "send_message, 4 kB of 1e20": [say(`[${"1e20,".repeat(790)}1]`)],
  "typing, stop_typing": [inRoom("typing"), inRoom("stop_typing")],
  "leave_room, join_room": [ofRoom("leave_room"), ofRoom("join_room")],
  "join_room again": [ofRoom("join_room")],
  online_users: [ofRoom("online_users")],
};
/** A payload may not become longer on its way; what a message has around it is one and the same. */
const GROWTH = 1.25;
/** Typing, presence: so many bytes for each member in a second, at most. */
const PACE = 2_000;

/** What a large room makes of each byte of one member. */
export async function amplification({ scale, adapters }) {
  const count = scale < 0.2 ? FEW_MEMBERS : MEMBERS;
  const findings = {
    title: "What a large room makes of one member's messages",
    facts: [
      `${thousands(count)} members; ${MESSAGES} messages of each kind, ${PER_SECOND} a second, with default limits`,
    ],
    header: [
      "server",
      "messages",
      "bytes in",
      "bytes out per byte in",
      "bytes to each member, a message",
      "bytes to the sender, a message",
      "server's ms a message",
    ],
    rows: [],
    bounds: [],
  };
  for (const adapter of adapters) {
    const title = ADAPTERS[adapter];
    const results = await run(adapter, count);
    for (const [kind, { sent, received, answers, cpu }] of results) {
      findings.rows.push([
        title,
        kind,
        thousands(sent),
        thousands((received + answers) / sent),
        thousands(received / count / MESSAGES),
        thousands(answers / MESSAGES),
        cpu.toFixed(2),
      ]);
    }
    const each = (kind) => results.get(kind).received / count;
    const long = each("send_message, 4 kB of 1e20") / each("send_message, 4 kB");
    const seconds = MESSAGES / PER_SECOND;
    findings.bounds.push(
      atMost(`${title}, 1e20 by as many bytes of text`, long, GROWTH),
      ...["typing, stop_typing", "leave_room, join_room"].map((kind) => {
        return atMost(
          `${title}, ${kind}, to each member`,
          each(kind) / seconds,
          PACE,
          "bytes a second",
        );
      }),
    );
  }
  return findings;
}

function run(adapter, count) {
  return withServer(adapter, options, async (server) => {
    const crowd = start("./crowd.js");
    try {
      await askChild(crowd, "open", { port: server.port, room: ROOM, count });
      const results = new Map();
      for (const [kind, texts] of Object.entries(kinds)) {
        const messages = Array.from(
          { length: MESSAGES },
          (_, index) => texts[index % texts.length],
        );
        const before = await server.ask("cpu");
        const figures = await askChild(crowd, "speak", { messages, perSecond: PER_SECOND });
        const cpu = ((await server.ask("cpu")) - before) / 1000 / MESSAGES;
        results.set(kind, { ...figures, cpu });
      }
      return results;
    } finally {
      crowd.kill("SIGKILL");
    }
  });
}

function say(payload) {
  return `{"type":"send_message","room":"${ROOM}","payload":${payload}}`;
}

function inRoom(type) {
  return `{"type":"${type}","room":"${ROOM}"}`;
}

function ofRoom(type) {
  return `{"type":"${type}","payload":{"room_id":"${ROOM}"}}`;
}
