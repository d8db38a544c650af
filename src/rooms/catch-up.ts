import type { AnyClient } from "../client.js";
import type { Context } from "../context.js";
import { type Cursor, type Lag, skipped } from "../delivery/lag.js";
import { Message } from "../delivery/message.js";
import type { SlowClients } from "../delivery/turn.js";
import type { Replay } from "../history/history.js";
import { type ReadSettings, readHistory } from "../history/read.js";
import type { Timeline } from "../history/timeline.js";
import { CloseCode } from "../protocol/close-codes.js";
import { isLate } from "../util/deadline.js";
import type { Presence } from "./presence.js";
import type { RoomState } from "./room-state.js";

/** Time (ms) between two looks at a client that lags: not every transport says when it drains. */
const LOOK_EVERY = 250;

/** Looks in a row after which a client that was not seen to read is pinged. */
const PING_AFTER = 4;

/** What a client may lag longer (ms) where the look at it comes late. */
const SPARED = 12 * LOOK_EVERY;

/** A client that has asked for more than it reads. */
interface Stuck {
  /** Bytes that waited for it at the last look. */
  waiting: number;
  /** How many looks in a row have found no fewer. */
  looks: number;
}

/**
 * Catches up clients that are behind: those whose network took nothing for a while, and those that rejoin
 * a room. What they missed comes from history, in order, in slices that their network takes; where history
 * does not reach, they are told which messages they will not get.
 */
export class CatchUp implements SlowClients<AnyClient> {
  readonly #context: Context;
  readonly #presence: Presence;
  /** How long (ms) a client may lag. */
  readonly #lagTimeout: number | false;
  readonly #reading: ReadSettings;
  /** Goes on with the messages of a client that wait for it to read. */
  readonly #goOn: (client: AnyClient) => void;
  readonly #lagging = new Set<AnyClient>();
  /** Clients that are looked at next: more waited for them than they may have. */
  #full = new Map<AnyClient, Stuck>();
  #look: unknown;

  constructor(
    context: Context,
    settings: { readonly lagTimeout: number | false; readonly handlerTimeout: number | false },
    presence: Presence,
    goOn: (client: AnyClient) => void,
  ) {
    this.#context = context;
    this.#presence = presence;
    this.#goOn = goOn;
    this.#lagTimeout = settings.lagTimeout;
    this.#reading = {
      clock: context.clock,
      timeout: settings.handlerTimeout,
      report: (error) => context.report(error),
    };
  }

  /** How many clients lag now. */
  get size(): number {
    return this.#lagging.size;
  }

  /** The first messages after a position; never throws or rejects. */
  read(timeline: Timeline, seq: number): Replay | Promise<Replay> {
    return readHistory(timeline, seq, this.#reading);
  }

  full(client: AnyClient): void {
    if (!this.#full.has(client)) this.#full.set(client, { waiting: Infinity, looks: 0 });
    this.#look ??= this.#context.clock.setTimeout(this.#lookAtFull, LOOK_EVERY);
  }

  lagging(client: AnyClient): void {
    const { lag } = client.outbox;
    if (lag === undefined || !client.isOpen) return;
    this.#isLookedAt(client);
    this.#lagging.add(client);
    lag.since = this.#context.clock.monotonic();
    this.#watch(client, lag);
    this.#context.emit("lag", { client });
  }

  dropped(client: AnyClient, count: number): void {
    this.#context.counters.dropped += count;
    this.#context.emit("drop", { client, count });
  }

  /** Closes a client that does not keep up, so that it reconnects. */
  overflowing(client: AnyClient): void {
    client.close(CloseCode.tooSlow, "You read too slowly; reconnect.");
  }

  /** Sends a client that came back to a room what it missed there; the first part has been read. */
  start(client: AnyClient, state: RoomState, first: Replay): void {
    const lag = client.outbox.fallBehind();
    this.#feed(client, lag, state, lag.cursor(state.id, first.from - 1), first);
    this.#catchUp(client, lag);
  }

  /** A client is closed: nothing more is owed to it. */
  end(client: AnyClient): void {
    const { lag } = client.outbox;
    this.#goOn(client);
    this.#isLookedAt(client);
    if (lag === undefined) return;
    this.#context.clock.clearTimeout(lag.timer);
    this.#lagging.delete(client);
  }

  /** Goes on, as far as the client's network allows. Called when it may have taken something. */
  step(client: AnyClient): void {
    if (!client.isOpen) return;
    const stuck = this.#full.get(client);
    if (stuck !== undefined) stuck.looks = 0;
    if (client.outbox.lag !== undefined) this.#catchUp(client, client.outbox.lag);
    // It is caught up first: else a client that joins many rooms at once might lag until all are answered.
    this.#goOn(client);
  }

  #catchUp(client: AnyClient, lag: Lag): void {
    const { outbox } = client;
    if (outbox.headroom > 0) {
      lag.isSlow = false;
      for (const [key, message] of lag.latest) {
        if (outbox.headroom <= 0) break;
        lag.latest.delete(key);
        outbox.replay(message);
      }
      for (const [roomId, cursor] of lag.cursors) this.#advance(client, lag, roomId, cursor);
      if (lag.cursors.size === 0 && lag.latest.size === 0 && outbox.headroom > 0) {
        this.#refresh(client, lag);
        if (lag.stale.size === 0) {
          this.#finish(client, lag);
          return;
        }
      }
      // What was queued is written when this turn ends; then more may fit.
      if (outbox.headroom <= 0) this.#context.clock.setImmediate(() => this.step(client));
    }
    if (outbox.lag === lag) this.#watch(client, lag);
  }

  /** Reads on in one room, until the client is live there, its network is full, or history takes its time. */
  #advance(client: AnyClient, lag: Lag, roomId: string, cursor: Cursor): void {
    const state = client.memberships.get(roomId);
    if (state === undefined || cursor.isReading) return;
    while (client.outbox.headroom > 0) {
      if (cursor.seq >= state.timeline.seq) {
        lag.cursors.delete(roomId);
        return;
      }
      const replay = this.read(state.timeline, cursor.seq);
      if (replay instanceof Promise) {
        void this.#advanceLater(client, lag, state, cursor, replay);
        return;
      }
      this.#feed(client, lag, state, cursor, replay);
    }
  }

  async #advanceLater(
    client: AnyClient,
    lag: Lag,
    state: RoomState,
    cursor: Cursor,
    pending: Promise<Replay>,
  ): Promise<void> {
    cursor.isReading = true;
    state.timeline.hold();
    const replay = await pending;
    cursor.isReading = false;
    // It may have left meanwhile, or left and rejoined.
    if (client.isOpen && lag.cursors.get(state.id) === cursor) {
      this.#feed(client, lag, state, cursor, replay);
      this.step(client);
    }
    state.timeline.release();
  }

  /** Sends a slice as far as the network takes it, after the gap before it. */
  #feed(client: AnyClient, lag: Lag, { id }: RoomState, cursor: Cursor, replay: Replay): void {
    const { outbox } = client;
    if (replay.from > cursor.seq + 1) this.#sendGap(client, lag, id, cursor, replay.from - 1);
    if (replay.batch.bytes <= outbox.headroom && cursor.skips.size === 0) {
      outbox.replay(replay.batch);
      this.#count(lag, replay.batch.length);
      cursor.seq += replay.batch.length;
      return;
    }
    for (const message of replay.batch.messages()) {
      if (outbox.headroom <= 0) return;
      cursor.seq++;
      if (cursor.skips.delete(cursor.seq)) outbox.replay(skipped(id, cursor.seq));
      else {
        outbox.replay(message);
        this.#count(lag, 1);
      }
    }
  }

  #count(lag: Lag, messages: number): void {
    lag.replayed += messages;
    this.#context.counters.replayed += messages;
  }

  #sendGap(client: AnyClient, lag: Lag, room: string, cursor: Cursor, to: number): void {
    const payload = { from: cursor.seq + 1, to };
    let lost = to - cursor.seq;
    for (const seq of cursor.skips) if (seq <= to && cursor.skips.delete(seq)) lost--;
    client.outbox.replay(new Message({ type: "gap", room, payload }));
    client.outbox.drop(lost);
    lag.missed += lost;
    this.#context.counters.missed += lost;
    cursor.seq = to;
  }

  /** Sends who is in the rooms where it was not told who came and went, as far as the network takes it. */
  #refresh(client: AnyClient, lag: Lag): void {
    for (const roomId of lag.stale) {
      if (client.outbox.headroom <= 0) return;
      lag.stale.delete(roomId);
      const state = client.memberships.get(roomId);
      if (state !== undefined) this.#presence.sendInfo(client, state, "room_info");
      // Many large rooms take their time on a slow line, which is not the client's.
      lag.since = this.#context.clock.monotonic();
    }
  }

  #finish(client: AnyClient, lag: Lag): void {
    this.#context.clock.clearTimeout(lag.timer);
    client.outbox.catchUp();
    if (!this.#lagging.delete(client)) return;
    this.#context.emit("recovered", { client, replayed: lag.replayed, missed: lag.missed });
  }

  /** A client that was full needs no look any more. */
  #isLookedAt(client: AnyClient): void {
    if (!this.#full.delete(client) || this.#full.size > 0) return;
    this.#context.clock.clearTimeout(this.#look);
    this.#look = undefined;
  }

  readonly #lookAtFull = (): void => {
    const full = this.#full;
    this.#full = new Map();
    this.#look = undefined;
    for (const [client, { waiting, looks }] of full) {
      client.outbox.look();
      const hasRead = client.bufferedAmount < waiting;
      this.#goOn(client);
      const still = this.#full.get(client);
      if (still === undefined) continue;
      still.waiting = client.bufferedAmount;
      // Looks are counted, not time: while this process stands still nobody can be seen to read.
      still.looks = hasRead ? 0 : looks + 1;
      // A ping has a transport that can tell it look whether the network took some of a write: then it drains.
      if (still.looks % PING_AFTER === PING_AFTER - 1) client.outbox.ping();
      const limit = this.#lagTimeout;
      if (limit !== false && still.looks * LOOK_EVERY >= limit) this.overflowing(client);
    }
  };

  #watch(client: AnyClient, lag: Lag): void {
    const { clock } = this.#context;
    if (lag.timer !== undefined) return;
    const due = clock.monotonic() + LOOK_EVERY;
    lag.timer = clock.setTimeout(() => {
      lag.timer = undefined;
      const now = clock.monotonic();
      const hasSlept = isLate(now - due, LOOK_EVERY);
      // Time in which this process stood still is not the client's; what it took meanwhile shows later.
      if (hasSlept) lag.since += now - due;
      this.step(client);
      const limit = this.#lagTimeout;
      if (limit === false || !lag.isReported || client.outbox.lag !== lag) return;
      if (now - lag.since >= limit + (hasSlept ? SPARED : 0)) this.overflowing(client);
    }, LOOK_EVERY);
  }
}
