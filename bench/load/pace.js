import { seeded } from "./random.js";

/** Every server gets the same senders in the same order. */
const SEED = 20_26;

/**
 * Sends with the clock, whatever the server makes of it: every `everyMs` one burst of a client at
 * random, or of several members of a room at random.
 *
 * The bursts are paced so that every workload has the same number of messages per second, and what a
 * burst saves is seen in CPU time alone. A timer that comes late makes up for what it missed.
 *
 * @param {import("./crowd.js").Crowd} crowd
 * @param {{ burst: number, everyMs: number, senders: number }} workload
 * @param {number} seconds
 * @returns {Promise<number>} once all is sent, how many bursts went out at once on average: 1, if the
 * timers are in time
 */
export function sendPaced(crowd, { burst, everyMs, senders }, seconds) {
  const random = seeded(SEED);
  const total = Math.round((seconds * 1000) / everyMs);
  const start = performance.now();
  let sent = 0;
  let ticks = 0;
  return new Promise((resolve) => {
    const tick = () => {
      const elapsed = performance.now() - start;
      const due = Math.min(total, Math.floor(elapsed / everyMs) + 1);
      if (due > sent) ticks++;
      for (; sent < due; sent++) sendOnce(crowd, burst, senders, random);
      if (sent === total) resolve(sent / ticks);
      else setTimeout(tick, sent * everyMs - elapsed);
    };
    tick();
  });
}

/**
 * Sends as fast as the acks come: `inFlight` clients at random each have one burst under way, and
 * another client takes over with each last ack.
 *
 * @param {import("./crowd.js").Crowd} crowd
 * @param {{ burst: number, inFlight: number }} workload
 * @param {() => boolean} isOver Asked before each burst.
 */
export function sendOnAck(crowd, { burst, inFlight }, isOver) {
  const random = seeded(SEED);
  let underWay = 0;
  return new Promise((resolve) => {
    const sendNext = () => {
      if (!isOver()) {
        underWay++;
        crowd.say(crowd.connection(random(crowd.size)), burst);
      } else if (underWay === 0) {
        crowd.onAck = () => {};
        resolve();
      }
    };
    let acks = 0;
    crowd.onAck = () => {
      if (++acks % burst !== 0) return;
      underWay--;
      sendNext();
    };
    for (let count = 0; count < inFlight; count++) sendNext();
  });
}

function sendOnce(crowd, burst, senders, random) {
  if (senders === 1) {
    crowd.say(crowd.connection(random(crowd.size)), burst);
    return;
  }
  const members = crowd.members(random(crowd.roomCount));
  const first = random(members.length);
  for (let count = 0; count < senders; count++) {
    crowd.say(members[(first + count) % members.length], burst);
  }
}
