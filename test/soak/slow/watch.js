/** Milliseconds between two looks at what waits. */
const EVERY = 20;

/** Watches one user of a hub from inside: what waits for its network, and what becomes of it. */
export class Watch {
  #hub;
  #userId = "";
  #since = 0;
  #timer;
  /** @type {{ peak: number, dropped: number, missed: number, lagsAfter?: number, end?: object }} */
  #story;

  constructor(hub) {
    this.#hub = hub;
    hub.on("drop", ({ client, count }) => {
      if (this.#isWatched(client)) this.#story.dropped += count;
    });
    hub.on("lag", ({ client }) => {
      if (this.#isWatched(client)) this.#story.lagsAfter ??= this.#elapsed();
    });
    hub.on("disconnect", ({ client, code, reason }) => {
      if (this.#isWatched(client)) this.#story.end = { code, reason, after: this.#elapsed() };
    });
  }

  start(userId) {
    this.#userId = userId;
    this.#since = performance.now();
    this.#story = { peak: 0, dropped: 0 };
    this.#timer = setInterval(() => this.#look(), EVERY);
  }

  /** What happened since the start; seconds and bytes. */
  stop() {
    clearInterval(this.#timer);
    this.#userId = "";
    return this.#story;
  }

  #look() {
    for (const client of this.#hub.clients) {
      if (!this.#isWatched(client)) continue;
      this.#story.peak = Math.max(this.#story.peak, client.bufferedAmount);
    }
  }

  #isWatched(client) {
    return client.user.id === this.#userId;
  }

  #elapsed() {
    return (performance.now() - this.#since) / 1000;
  }
}
