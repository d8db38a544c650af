import type { Client } from "../client.js";
import { type Cursor, type Lag, skipped } from "../delivery/lag.js";
import { Message } from "../delivery/message.js";
import type { Past, Replay } from "../history/history.js";
import type { Hub } from "../hub.js";
import { CloseCode } from "../protocol/close-codes.js";
import { RoomcastError } from "../protocol/errors.js";
import type { User } from "../protocol/types.js";
import type { Room } from "../room.js";
import { inTime, isPromiseLike, LATE } from "../util/timeout.js";

/** How often a client that lags is looked at, in milliseconds: not every transport says when it drains. */
const LOOK_EVERY = 250;

/** Milliseconds that the close frame has to reach a client that was given up. */
const LAST_WORDS = 5_000;

/** How many messages are read from history at a time. */
const SLICE = 256;

/**
 * Catches up clients that are behind: whose network took nothing for a while, or who have come back to a
 * room. What they missed comes from history, in order, in slices that their network takes; where history
 * does not reach, they are told which messages they will not get.
 */
export class CatchUp<U extends User, D> {
  /** Clients that lag now. */
  lagging = 0;
  /** Messages sent from history so far. */
  replayed = 0;
  /** Messages that clients were told they will not get. */
  missed = 0;
  readonly #hub: Hub<U, D>;
  /** Clients that were given up, with the timer that cuts them off. */
  readonly #leaving = new Map<Client<U, D>, unknown>();

  constructor(hub: Hub<U, D>) {
    this.#hub = hub;
  }

  /** A client's network does not keep up. Called at the end of the turn in which that was seen. */
  begin(client: Client<U, D>): void {
    const { lag } = client.outbox;
    if (lag === undefined || !client.isOpen) return;
    this.lagging++;
    lag.since = this.#hub.settings.clock.now();
    this.#watch(client, lag);
    this.#hub.notify("lag", { client });
  }

  /** A client has come back to a room: sends what it missed there, of which the first part is read. */
  recover(client: Client<U, D>, room: Room<U, D>, seq: number, first: Replay): void {
    const lag = client.outbox.fallBehind();
    const cursor = lag.cursor(room.id, seq);
    this.#feed(client, lag, room, cursor, first);
    this.step(client);
  }

  /**
   * Closes a client that does not keep up, to come back. It may be too slow for the closing handshake,
   * too.
   */
  giveUp(client: Client<U, D>): void {
    client.close(CloseCode.tooSlow, "You could not keep up; come back.");
    const timer = this.#hub.settings.clock.setTimeout(() => {
      client.terminate("It was too slow.");
    }, LAST_WORDS);
    this.#leaving.set(client, timer);
  }

  /** A client's connection is gone. */
  gone(client: Client<U, D>): void {
    this.#hub.settings.clock.clearTimeout(this.#leaving.get(client));
    this.#leaving.delete(client);
  }

  /** A client is closed: nothing more is owed to it. */
  end(client: Client<U, D>): void {
    const { lag } = client.outbox;
    if (lag === undefined) return;
    this.#hub.settings.clock.clearTimeout(lag.timer);
    if (lag.isTold) this.lagging--;
    lag.isTold = false;
  }

  /** Goes on, as far as the client's network allows. Called when it may have taken something. */
  step(client: Client<U, D>): void {
    const { lag } = client.outbox;
    if (lag === undefined || !client.isOpen) return;
    if (client.outbox.room > 0) {
      lag.isSlow = false;
      for (const [key, message] of lag.latest) {
        if (client.outbox.room <= 0) break;
        lag.latest.delete(key);
        client.outbox.replay(message);
      }
      for (const [roomId, cursor] of lag.cursors) this.#read(client, lag, roomId, cursor);
      if (lag.cursors.size === 0 && lag.latest.size === 0 && client.outbox.room > 0) {
        this.#finish(client, lag);
        return;
      }
      // What was queued is written when this turn ends; then more may fit.
      if (client.outbox.room <= 0) this.#hub.settings.clock.setImmediate(() => this.step(client));
    }
    if (client.outbox.lag === lag) this.#watch(client, lag);
  }

  /** Reads on in one room, until the client is live there, its network is full, or history takes its time. */
  #read(client: Client<U, D>, lag: Lag, roomId: string, cursor: Cursor): void {
    const room = client.memberships.get(roomId);
    const past = room?.past;
    if (room === undefined || past === undefined || cursor.isReading) return;
    while (client.outbox.room > 0) {
      if (cursor.seq >= past.position.seq) {
        lag.cursors.delete(roomId);
        return;
      }
      const replay = readPast(this.#hub, past, cursor.seq);
      if (replay instanceof Promise) {
        void this.#readLater(client, lag, room, past, cursor, replay);
        return;
      }
      this.#feed(client, lag, room, cursor, replay);
    }
  }

  async #readLater(
    client: Client<U, D>,
    lag: Lag,
    room: Room<U, D>,
    past: Past,
    cursor: Cursor,
    pending: Promise<Replay>,
  ): Promise<void> {
    cursor.isReading = true;
    past.hold();
    const replay = await pending;
    cursor.isReading = false;
    // It may have left meanwhile, or left and come back.
    if (client.isOpen && lag.cursors.get(room.id) === cursor) {
      this.#feed(client, lag, room, cursor, replay);
      this.step(client);
    }
    past.release();
  }

  /** Sends a slice as far as there is room, and says what is lost before it. */
  #feed(client: Client<U, D>, lag: Lag, room: Room<U, D>, cursor: Cursor, replay: Replay): void {
    const { outbox } = client;
    if (replay.from > cursor.seq + 1) this.#tellGap(client, lag, room, cursor, replay.from - 1);
    if (replay.batch.bytes <= outbox.room && cursor.skips.size === 0) {
      outbox.replay(replay.batch);
      this.#count(lag, replay.batch.length);
      cursor.seq += replay.batch.length;
      return;
    }
    for (const message of replay.batch.messages()) {
      if (outbox.room <= 0) return;
      cursor.seq++;
      if (cursor.skips.delete(cursor.seq)) outbox.replay(skipped(room.id, cursor.seq));
      else {
        outbox.replay(message);
        this.#count(lag, 1);
      }
    }
  }

  #count(lag: Lag, messages: number): void {
    lag.replayed += messages;
    this.replayed += messages;
  }

  #tellGap(client: Client<U, D>, lag: Lag, room: Room<U, D>, cursor: Cursor, to: number): void {
    const payload = { from: cursor.seq + 1, to };
    let lost = to - cursor.seq;
    for (const seq of cursor.skips) if (seq <= to && cursor.skips.delete(seq)) lost--;
    client.outbox.replay(new Message({ type: "gap", room: room.id, payload }));
    client.outbox.drop(lost);
    lag.missed += lost;
    this.missed += lost;
    cursor.seq = to;
  }

  #finish(client: Client<U, D>, lag: Lag): void {
    this.#hub.settings.clock.clearTimeout(lag.timer);
    client.outbox.catchUp();
    for (const roomId of lag.stale) client.memberships.get(roomId)?.sendInfo(client, "room_info");
    if (!lag.isTold) return;
    this.lagging--;
    this.#hub.notify("recovered", { client, replayed: lag.replayed, missed: lag.missed });
  }

  #watch(client: Client<U, D>, lag: Lag): void {
    const { clock, lagTimeout } = this.#hub.settings;
    lag.timer ??= clock.setTimeout(() => {
      lag.timer = undefined;
      this.step(client);
      const isOver = lag.isTold && lagTimeout !== false && clock.now() - lag.since >= lagTimeout;
      if (isOver && client.outbox.lag === lag) this.giveUp(client);
    }, LOOK_EVERY);
  }
}

/**
 * The first of what came after a position. A history that throws, rejects or takes too long has nothing,
 * and is reported; one that has nothing where something was said has lost it.
 */
export function readPast<U extends User, D>(
  hub: Hub<U, D>,
  past: Past,
  seq: number,
): Replay | Promise<Replay> {
  const { clock, handlerTimeout } = hub.settings;
  const fail = (text: string, cause?: unknown): Replay => {
    hub.report(new RoomcastError("HISTORY_FAILED", text, { cause }), undefined);
    return past.nothing();
  };
  const failed = (cause: unknown) => fail("A history could not be read.", cause);
  const head = past.position.seq;
  const judge = (replay: Replay): Replay => {
    const isLost = seq < head && replay.to <= seq;
    return isLost ? { from: head + 1, to: head, batch: replay.batch } : replay;
  };
  try {
    const replay = past.since(seq, SLICE);
    if (!isPromiseLike(replay)) return judge(replay);
    return inTime(replay, clock, handlerTimeout).then(
      (result) => (result === LATE ? fail("A history did not answer in time.") : judge(result)),
      failed,
    );
  } catch (cause) {
    return failed(cause);
  }
}
