import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { answerParent } from "../ask.js";

/** Collections before memory is read: what one frees, the next can give back. */
const COLLECTIONS = 4;

/** Microseconds from one sample of a profile to the next. */
const SAMPLE_EVERY = 200;

const profiler = new Session();

/**
 * Lets the benchmark drive this server: where it listens, what it has used so far.
 *
 * @param {() => Promise<number> | number} listen Starts listening on a free port of 127.0.0.1.
 */
export function control(listen) {
  answerParent({
    port: listen,
    /** CPU time since the start of the process, user and system, in microseconds. */
    cpu() {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    /** Bytes after garbage has been collected: resident, alive on the heap, and on it and beside it. */
    async memory() {
      for (let pass = 0; pass < COLLECTIONS; pass++) {
        global.gc();
        await sleep(100);
      }
      const { rss, heapUsed, external } = process.memoryUsage();
      return { resident: rss, live: heapUsed + external, heap: heapUsed };
    },
    /** So that what is measured next does not pay for what was before. */
    collect: () => global.gc(),
    async startProfile() {
      profiler.connect();
      await profiler.post("Profiler.enable");
      await profiler.post("Profiler.setSamplingInterval", { interval: SAMPLE_EVERY });
      await profiler.post("Profiler.start");
    },
    async stopProfile(file) {
      const { profile } = await profiler.post("Profiler.stop");
      profiler.disconnect();
      writeFileSync(file, JSON.stringify(profile));
    },
  });
}

/** Lets a Node HTTP server listen on a free port; resolves to the port. */
export function listenOn(server) {
  return new Promise((resolve) => {
    // A crowd connects at once: the kernel's queue for it must be long enough.
    server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
      resolve(server.address().port);
    });
  });
}

/** The identity that a request asks for: `?token=NAME`. */
export function userOf(url) {
  const name = new URLSearchParams(url.slice(url.indexOf("?") + 1)).get("token") ?? "guest";
  return { id: name, name };
}
