/** One member of each room talks; all others go away for a while, and come back to what they missed. */
import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds after which a server knows of all who are gone. */
const UNTIL_KNOWN = 500;

/**
 * In every room one member says so many messages, in one write. Resolves once all have come.
 *
 * @param {import("./crowd.js").Crowd} crowd
 */
export async function talk(crowd, burst) {
  sayInAllRooms(crowd, burst);
  await crowd.settled();
}

/**
 * All but those who talk drop and connect again, `atOnce` of them at a time; they join nothing yet. What
 * is said meanwhile, they miss.
 *
 * @param {import("./crowd.js").Crowd} crowd
 * @param {{ burst: number, isMissed: boolean, atOnce: number }} options
 */
export async function goAway(crowd, { burst, isMissed, atOnce }) {
  const away = listeners(crowd);
  for (const connection of away) connection.drop();
  await sleep(UNTIL_KNOWN);
  if (isMissed) sayInAllRooms(crowd, burst);
  await crowd.untilQuiet();
  await crowd.reopen(away, atOnce);
}

/**
 * Those who were away ask for their rooms, and say where they were. Resolves once all have what they missed.
 *
 * @param {import("./crowd.js").Crowd} crowd
 */
export async function rejoin(crowd, atOnce) {
  await crowd.rejoin(listeners(crowd), atOnce);
  await crowd.settled();
}

function sayInAllRooms(crowd, burst) {
  for (let room = 0; room < crowd.roomCount; room++) {
    const [speaker] = crowd.members(room);
    crowd.say(speaker, burst);
  }
}

function listeners(crowd) {
  return Array.from({ length: crowd.roomCount }, (_, room) => crowd.members(room).slice(1)).flat();
}
