/**
 * The load of the slow client's program, a process of its own: readers who take every message at once and
 * measure how old it is, and one client who never reads.
 */
import { answerParent } from "../../../bench/ask.js";
import { seeded } from "../../../bench/load/random.js";
import { Wire } from "../wire.js";

const AT_ONCE = 50;
/** What it says besides when: as much as people write, and what their programs add. */
const PAD = "x".repeat(200);
/** The room that fills the slow client's buffers: it and one sender are in it. */
const FILL_ROOM = "fill";
const FILL = { messages: 3_000, bytes: 3_500, atOnce: 50 };
/** Milliseconds at the start that are not looked at: a collection has just thrown things away. */
const FIRST = 500;
/** Milliseconds for the messages that are under way at the end. */
const LAST = 300;

/** @type {Wire[]} */
const readers = [];
/** @type {Wire | undefined} */
let slow;
let target;
/** Messages that came since the start, and how old they were, second by second of their sending. */
let received = 0;
let countsFrom = 0;
/** @type {number[][]} */
let ages = [];

answerParent({
  async open({ port, count, rooms }) {
    target = { port, rooms };
    for (let first = 0; first < count; first += AT_ONCE) {
      const group = Array.from({ length: Math.min(AT_ONCE, count - first) }, async (_, index) => {
        const wire = await openReader(`reader-${first + index}`);
        await wire.join(roomName((first + index) % rooms));
        return wire;
      });
      readers.push(...(await Promise.all(group)));
    }
    await readers[0].join(FILL_ROOM);
  },

  /** Lets in one who joins all rooms and reads nothing from then on. */
  async openSlow(name) {
    slow = await Wire.open({ port: target.port, name });
    slow.socket.pause();
    const rooms = Array.from({ length: target.rooms }, (_, index) => roomName(index));
    for (const room of [...rooms, FILL_ROOM]) slow.join(room);
  },

  /** Fills what the kernel and the server hold for the slow one; the same is sent without it. */
  async fill() {
    const pad = "x".repeat(FILL.bytes);
    for (let sent = 0; sent < FILL.messages; sent += FILL.atOnce) {
      const messages = Array.from({ length: FILL.atOnce }, () => {
        return readers[0].ask({ type: "send_message", room: FILL_ROOM, payload: { pad } });
      });
      await Promise.all(messages);
    }
  },

  cutSlow: () => slow?.cut(),

  /** Sends with the clock; resolves to how old messages were when they came, for each second. */
  async measure({ seconds, everyMs }) {
    const before = process.cpuUsage();
    const start = performance.now();
    ages = [];
    received = 0;
    countsFrom = start + FIRST;
    const sent = await sendPaced(FIRST + seconds * 1000, everyMs);
    await new Promise((resolve) => setTimeout(resolve, LAST));
    const took = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(before);
    const load = (user + system) / 1e6 / took;
    return { sent, received, took, load, perSecond: ages.slice(0, seconds).map(percentiles) };
  },
});

/** Every `everyMs`, one reader at random says something to its room. */
function sendPaced(duration, everyMs) {
  const random = seeded(1);
  const total = Math.round(duration / everyMs);
  const start = performance.now();
  let sent = 0;
  return new Promise((resolve) => {
    const tick = () => {
      const elapsed = performance.now() - start;
      for (const due = Math.min(total, elapsed / everyMs); sent < due; sent++) say(random);
      if (sent >= total) resolve(sent);
      else setTimeout(tick, sent * everyMs - elapsed);
    };
    tick();
  });
}

function say(random) {
  const sender = random(readers.length);
  const room = roomName(sender % target.rooms);
  const payload = { at: performance.now(), pad: PAD };
  readers[sender].send({ type: "send_message", room, payload });
}

async function openReader(name) {
  const wire = await Wire.open({ port: target.port, name });
  wire.onText = (text) => {
    const found = text.indexOf('"at":');
    if (found >= 0) {
      received++;
      const at = Number.parseFloat(text.slice(found + 5));
      if (at >= countsFrom) count(at);
    } else if (text.includes('"id":"ask-')) {
      wire.settle(JSON.parse(text));
    }
  };
  return wire;
}

/** Takes the age of a message that was sent at that time. */
function count(at) {
  const second = Math.floor((at - countsFrom) / 1000);
  ages[second] ??= [];
  ages[second].push(performance.now() - at);
}

function percentiles(values) {
  values.sort((a, b) => a - b);
  const at = (share) => values[Math.floor(values.length * share)];
  return { p50: at(0.5), p99: at(0.99) };
}

function roomName(index) {
  return `room-${index}`;
}
