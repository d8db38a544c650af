/**
 * What one client was told of one room, and what is wrong with it. A room's positions start over with
 * each epoch; within one, each is due once: as a message, as the ack of one's own, or in a gap.
 */
export class RoomLog {
  /** Messages seen; gaps told. */
  seen = 0;
  gaps = 0;
  /** @type {Map<string, Epoch>} */
  #epochs = new Map();
  /** @type {Epoch | undefined} */
  #current;
  #hasOpenGap = false;
  #violations;

  /** @param {string} name Whose it is. @param {string[]} violations */
  constructor(name, violations) {
    this.name = name;
    this.#violations = violations;
  }

  /** The epoch that the room is in. */
  get epoch() {
    return this.#current?.id;
  }

  /** The server stated a position: `room_info`. */
  entered(id, seq) {
    // Where it goes on, each position is due as before; gaps are told by themselves.
    if (this.#current?.id === id) return;
    if (this.#epochs.has(id)) this.#violate(`epoch ${id} came back`);
    this.#closeEpoch();
    this.#current = new Epoch(id, seq);
    this.#epochs.set(id, this.#current);
  }

  message(seq) {
    this.seen++;
    if (!this.#current.add(seq)) this.#violate(`${seq} of epoch ${this.epoch} came twice`);
  }

  /** `to` is undefined where the counter started over: the rest of the epoch before may be missing. */
  gap({ from, to }) {
    this.gaps++;
    if (to === undefined) this.#hasOpenGap = true;
    for (let seq = from; seq <= to; seq++) {
      if (!this.#current.add(seq))
        this.#violate(`${seq} came, and is told as gap ${from} to ${to}`);
    }
  }

  /** Nothing more comes: says what is missing of the epochs that were lived through. */
  finish() {
    for (const epoch of this.#epochs.values()) {
      const missing = epoch.holes();
      if (missing.length > 0)
        this.#violate(`of epoch ${epoch.id} never came: ${missing.slice(0, 9)}`);
    }
  }

  /** Whether a message that somebody was told is taken was seen, or is known to be missing. */
  knowsOf(id, seq) {
    const epoch = this.#epochs.get(id);
    // One that passed while this client was away: that something is missing there, it was told.
    if (epoch === undefined) return true;
    return seq <= epoch.start || epoch.has(seq) || (epoch.isOver && seq > epoch.last);
  }

  /** An epoch ends with a gap to its end: nobody knows what was in it. It may be told just afterwards. */
  #closeEpoch() {
    const old = this.#current;
    if (old === undefined) return;
    old.isOver = true;
    this.#hasOpenGap = false;
    queueMicrotask(() => {
      if (!this.#hasOpenGap) this.#violate(`no gap was told at the end of epoch ${old.id}`);
    });
  }

  #violate(what) {
    this.#violations.push(`${this.name}: ${what}`);
  }
}

class Epoch {
  id;
  start;
  /** The last position that is accounted for. */
  last;
  isOver = false;
  #accounted = new Set();

  constructor(id, start) {
    this.id = id;
    this.start = start;
    this.last = start;
  }

  /** Accounts for a position; says whether it was due. */
  add(seq) {
    if (seq <= this.start || this.#accounted.has(seq)) return false;
    this.#accounted.add(seq);
    this.last = Math.max(this.last, seq);
    return true;
  }

  has(seq) {
    return this.#accounted.has(seq);
  }

  holes() {
    const holes = [];
    for (let seq = this.start + 1; seq < this.last; seq++) if (!this.has(seq)) holes.push(seq);
    return holes;
  }
}
