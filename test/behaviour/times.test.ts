import { type CloseOptions, Hub, type HubOptions } from "roomcast";
import { type ConnectOptions, connect } from "roomcast/browser";
import { MemorySocket, VirtualClock } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { PageWorld } from "../browser/page-world.js";
import { RuntimeClock } from "../support/runtime-clock.js";
import { timeOptions } from "../support/time-options.js";
import { join } from "../support/world.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const LONG_TIMES = [2 ** 31, 30 * DAY, 365 * DAY];
const NO_TIMES: readonly unknown[] = [-1, Number.NaN, Number.POSITIVE_INFINITY, "30s"];

/** Sets a time to go on a clock; returns whether it is over. Throws or rejects for what is no time. */
type Start = (ms: number, clock: VirtualClock) => () => unknown;

/** An option that is a time, and how it may be given. */
interface Row {
  /** As the sources declare it. */
  readonly option: string;
  /** As an error names it. */
  readonly name: string;
  readonly start: Start;
  /** Whether it may be 0. */
  readonly mayBeZero?: true;
  /** Whether times beyond a runtime's timers are refused. Others are waited for. */
  readonly refusesLong?: true;
  /** Whether the end is looked for in steps that are so short that a month has millions of them. */
  readonly isLookedFor?: true;
}

function hubRow(option: string, name: string, start: Start, more: Partial<Row> = {}): Row {
  return { option, name, start, ...more };
}

function pageRow(option: string, name: string, options: (ms: number) => ConnectOptions): Row {
  const start = (ms: number) => {
    connect("ws://server/ws", options(ms)).close();
    return () => undefined;
  };
  return { option, name, start, refusesLong: true };
}

/** A hub with one member of a room, and a watcher. */
function site(clock: VirtualClock, options: HubOptions) {
  const hub = new Hub({ clock, heartbeat: false, ...options });
  const [watcher, member] = ["w", "m"].map((id) => {
    return MemorySocket.connect(hub, { user: { id, name: id } });
  }) as [MemorySocket, MemorySocket];
  for (const socket of [watcher, member]) socket.send(join("general"));
  clock.flush();
  watcher.take();
  return { hub, watcher, member };
}

const ROWS: readonly Row[] = [
  hubRow(
    "HubOptions.lagTimeout",
    "lagTimeout",
    (lagTimeout, clock) => {
      const { hub, member } = site(clock, { lagTimeout, maxBufferedBytes: 1_000 });
      member.pause();
      for (let count = 0; count < 3; count++) {
        hub.user("m").send("note", "x".repeat(600));
        clock.flush();
      }
      return () => member.closed;
    },
    { isLookedFor: true },
  ),
  hubRow("HubOptions.handlerTimeout", "handlerTimeout", (handlerTimeout, clock) => {
    const { hub, member } = site(clock, { handlerTimeout });
    let error: unknown;
    hub.on("error", (event) => {
      error = event.error;
    });
    hub.handle("slow", () => new Promise(() => {}));
    member.send({ type: "slow" });
    return () => error;
  }),
  hubRow("HistoryOptions.ttl", "history.ttl", (ttl, clock) => {
    const { hub, watcher, member } = site(clock, { history: { ttl } });
    hub.room("general").broadcast("news", 1);
    for (const socket of [watcher, member]) socket.hangUp();
    return () => hub.room("general").position === undefined;
  }),
  hubRow(
    "HeartbeatOptions.interval",
    "heartbeat.interval",
    (interval, clock) => {
      const { member } = site(clock, { heartbeat: { interval, timeout: MINUTE / 2 } });
      member.answersPings = false;
      return () => member.closed;
    },
    { isLookedFor: true },
  ),
  hubRow("HeartbeatOptions.timeout", "heartbeat.timeout", (timeout, clock) => {
    const { member } = site(clock, { heartbeat: { interval: 1_000, timeout } });
    member.answersPings = false;
    return () => member.closed;
  }),
  hubRow(
    "PresenceOptions.grace",
    "presence.grace",
    (grace, clock) => {
      const { watcher, member } = site(clock, { presence: { grace } });
      member.cut();
      return () => watcher.received.find(({ type }) => type === "user_left");
    },
    { mayBeZero: true },
  ),
  hubRow("CloseOptions.timeout", "timeout", (timeout, clock) => close(clock, { timeout })),
  hubRow("CloseOptions.spread", "spread", (spread, clock) => close(clock, { spread }), {
    mayBeZero: true,
    refusesLong: true,
  }),
  hubRow("RequestOptions.timeout", "timeout", (timeout, clock) => {
    const { hub } = site(clock, {});
    const [client] = hub.user("m").clients;
    let receipt: unknown;
    void client?.request("ready?", 1, { timeout }).then((it) => {
      receipt = it;
    });
    return () => receipt;
  }),
  hubRow("RequestOptions.timeout", "timeout", (timeout, clock) => {
    const { hub } = site(clock, {});
    let receipt: unknown;
    const receipts = hub.room("general").request("ready?", 1, { timeout });
    void receipts.next().then((it) => {
      receipt = it;
    });
    return () => receipt;
  }),
  hubRow(
    "TimerJitter.lateness",
    "lateness",
    (lateness) => {
      const clock = new VirtualClock(0, { lateness, random: () => 0.999_999_999 });
      let isOver = false;
      clock.setTimeout(() => {
        isOver = true;
      }, 0);
      clock.advance(MINUTE);
      return () => isOver && lateness > MINUTE;
    },
    { mayBeZero: true, isLookedFor: true },
  ),
  pageRow("ConnectOptions.timeout", "timeout", (timeout) => ({ timeout })),
  pageRow("QueueOptions.maxAge", "queue.maxAge", (maxAge) => ({ queue: { maxAge } })),
  pageRow("BackoffOptions.min", "backoff.min", (min) => ({ backoff: { min } })),
  pageRow("BackoffOptions.max", "backoff.max", (max) => ({ backoff: { max } })),
  pageRow("HeartbeatOptions.interval", "heartbeat.interval", (interval) => ({
    heartbeat: { interval },
  })),
  pageRow("HeartbeatOptions.timeout", "heartbeat.timeout", (timeout) => ({
    heartbeat: { timeout },
  })),
];

/** Closes a hub whose client never finishes the closing handshake. */
function close(clock: VirtualClock, options: CloseOptions): () => unknown {
  const { hub, watcher, member } = site(clock, {});
  for (const socket of [watcher, member]) socket.hangUp();
  let isCut = false;
  const cut = () => {
    isCut = true;
    receiver.closed(1006, "");
  };
  const receiver = hub.accept({ bufferedAmount: 0, write() {}, close() {}, terminate: cut });
  void hub.close(options);
  return () => isCut;
}

/** Lets promises settle. */
const settle = () => new Promise(setImmediate);

test("every option that is a time has a row here", () => {
  const options = [...ROWS.map(({ option }) => option), "ConnectionRequestOptions.timeout"];
  expect(timeOptions().sort()).toEqual([...new Set(options)].sort());
  expect(timeOptions().length).toBeGreaterThan(10);
});

describe.each(ROWS)(
  "$option, as $name,",
  ({ name, start, mayBeZero, refusesLong, isLookedFor }) => {
    const begin = async (ms: unknown, clock = new VirtualClock()) => start(ms as number, clock);

    test("is refused where it is no time", async () => {
      const values = [...NO_TIMES, ...(mayBeZero ? [] : [0]), ...(refusesLong ? LONG_TIMES : [])];
      for (const value of values) {
        const refused = await begin(value).then(
          () => `took ${value}`,
          (error: { code: string; message: string }) => error,
        );
        expect(refused).toMatchObject({
          code: "INVALID_OPTION",
          message: expect.stringMatching(new RegExp(`^${name} must be .* got "?${value}"?\\.$`)),
        });
      }
    });

    test.skipIf(refusesLong).each(LONG_TIMES)("of %i ms lasts as long", async (ms) => {
      const clock = new RuntimeClock();
      const isOver = await begin(ms, clock);
      clock.advance(MINUTE);
      await settle();
      expect(isOver()).toBeFalsy();
      if (isLookedFor) return;
      clock.advance(0.9 * ms);
      await settle();
      expect(isOver()).toBeFalsy();
      clock.advance(0.6 * ms);
      await settle();
      expect(isOver()).toBeTruthy();
    });
  },
);

test("the timeout of a page's request is refused where it is no time", async () => {
  const world = new PageWorld();
  const { connection } = await world.visit("Alice");
  for (const timeout of [0, ...NO_TIMES, ...LONG_TIMES] as number[]) {
    const asked = world.settle(connection.request("note", 1, { timeout }));
    await expect(asked).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining(
        `timeout must be a number from 1 to 2147483647; got ${timeout}`,
      ),
    });
  }
});
