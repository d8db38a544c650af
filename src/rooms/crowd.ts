import type { SteadyClock } from "../util/clock.js";

/** Length (ms) of the window in which joins and leaves are counted. */
const WINDOW = 250;

/** Most announcements in a window that go out at once; more are a crowd's, and wait for its end. */
const THRESHOLD = 20;

/** Tells when joins and leaves are so frequent that announcing them may wait, to be written together. */
export class Crowd {
  readonly #clock: SteadyClock;
  #windowEnd = 0;
  #count = 0;

  constructor(clock: SteadyClock) {
    this.#clock = clock;
  }

  /** Counts an announcement. Returns how long (ms) it may wait; undefined for one that goes out at once. */
  add(): number | undefined {
    const now = this.#clock.monotonic();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + WINDOW;
      this.#count = 0;
    }
    return ++this.#count > THRESHOLD ? this.#windowEnd - now : undefined;
  }
}
