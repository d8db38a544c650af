/**
 * The load: a process of its own, so that what it costs is not counted as the server's. It writes
 * frames made beforehand, and of what comes it looks at frame headers only.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { answerParent } from "./ask.js";
import { goAway, rejoin, talk } from "./load/absence.js";
import { Crowd } from "./load/crowd.js";
import { dialects } from "./load/dialects.js";
import { sendOnAck, sendPaced } from "./load/pace.js";

/**
 * Milliseconds at full speed before anything is measured: by then a server's code is compiled and its
 * heap has grown, as in one that has run for hours.
 */
const WARM_UP = 1_500;

/** @type {Crowd} */
let crowd;

answerParent({
  /** Connects and joins; resolves once all is quiet, to the seconds that it took. */
  async open({ dialect, ...options }) {
    crowd ??= new Crowd(dialects[dialect]);
    const start = performance.now();
    await crowd.open(options);
    return (performance.now() - start) / 1000;
  },

  /** Sends as fast as possible for a while. */
  async warmUp({ burst, inFlight = 1, milliseconds = WARM_UP }) {
    crowd.reset();
    const end = performance.now() + milliseconds;
    await sendOnAck(crowd, { burst, inFlight }, () => performance.now() > end);
    await crowd.settled();
    await crowd.verify();
    await sleep(100);
  },

  /** Runs the workload; resolves once every frame has come. */
  async send({ seconds, ...workload }) {
    crowd.reset();
    const cpuBefore = process.cpuUsage();
    const start = performance.now();
    let atOnce = workload.inFlight;
    if (atOnce === undefined) atOnce = await sendPaced(crowd, workload, seconds);
    else await sendOnAck(crowd, workload, () => performance.now() - start > seconds * 1000);
    await crowd.settled();
    const wall = crowd.lastFrame - start;
    const cpu = process.cpuUsage(cpuBefore);
    const latencies = crowd.latencies.sort((a, b) => a - b);
    return {
      frames: crowd.frames,
      perSecond: (crowd.frames / wall) * 1000,
      p50: latencies[Math.floor(latencies.length * 0.5)],
      p99: latencies[Math.floor(latencies.length * 0.99)],
      atOnce,
      /** The load's own share of a core. */
      load: (cpu.user + cpu.system) / 1000 / wall,
    };
  },

  /** Lets all drop and come back, several times over. */
  async storm({ times, atOnce }) {
    crowd.reset();
    const cpuBefore = process.cpuUsage();
    let wall = 0;
    for (let time = 0; time < times; time++) wall += await crowd.comeBack(atOnce);
    const cpu = process.cpuUsage(cpuBefore);
    return {
      frames: crowd.others,
      back: wall / times / 1000,
      load: (cpu.user + cpu.system) / 1000 / wall,
    };
  },

  /** One member of each room says a burst; resolves once every frame has come. */
  async talk({ burst }) {
    crowd.reset();
    await talk(crowd, burst);
    return { frames: crowd.frames };
  },

  /** All the others drop and connect again, and have missed a burst, or nothing. */
  async goAway(options) {
    crowd.reset();
    await goAway(crowd, options);
  },

  /** They join where they were; resolves once they have got what they missed. */
  async rejoin({ atOnce }) {
    const framesBefore = crowd.frames;
    const cpuBefore = process.cpuUsage();
    const start = performance.now();
    await rejoin(crowd, atOnce);
    const cpu = process.cpuUsage(cpuBefore);
    return {
      frames: crowd.frames - framesBefore,
      load: (cpu.user + cpu.system) / 1000 / (performance.now() - start),
    };
  },

  /** Fails unless each connection got exactly what it should have, once all is quiet. */
  verify: () => crowd.verify(),

  /** The same at once: what comes too late to be counted is one too many in the next turn. */
  check: () => crowd.check(),
});
