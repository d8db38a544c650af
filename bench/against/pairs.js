import { Contestant } from "./contestant.js";
import { measureMemory } from "./memory.js";

/** Seconds of one turn. Short ones see the same disturbances of a busy machine. */
const TURN = 0.125;

/**
 * The turns of one pair. Over the four, each of the three has the second place on average, so that none gains
 * by its place, nor by all becoming slower or faster. Every other pair takes them in the opposite order.
 */
const ROUNDS = [
  ["before", "after", "again"],
  ["again", "after", "before"],
  ["after", "before", "again"],
  ["again", "before", "after"],
];

/** Pairs until the servers are started anew, so that what one process happens to be like does not decide. */
const PAIRS_PER_START = 5;

/** Pairs for memory, at most: it varies less than CPU, and each takes processes of its own. */
const MOST_PAIRS = { idle: 11, rooms: 7 };

/**
 * @typedef {Record<string, number>} Figures
 * @typedef {{ before: Figures, after: Figures, again: Figures }} Pair What both sides took, and a second
 * copy of the first.
 */

/**
 * Measures both sides of a row, turn about.
 *
 * @param {import("./rows.js").Row} row
 * @param {{ old: string, new: string }} folders
 * @param {number} pairs
 * @param {(pairs: Pair[], of: number) => void} onProgress
 * @returns {Promise<Pair[]>}
 */
export async function measurePairs(row, folders, pairs, onProgress) {
  if (row.measure === "cpu") return await measureCpu(row, folders, pairs, onProgress);
  const most = Math.min(pairs, MOST_PAIRS[row.measure]);
  const measured = [];
  while (measured.length < most) {
    const sides = { before: row.before, after: row.after, again: row.before };
    const names = Object.keys(sides);
    if (measured.length % 2 === 1) names.reverse();
    // All at the same time: how long it takes does not matter to memory.
    const figures = await Promise.all(
      names.map((name) => measureMemory(row, sides[name], folders[sides[name].build])),
    );
    measured.push(Object.fromEntries(names.map((name, index) => [name, figures[index]])));
    onProgress(measured, most);
  }
  return measured;
}

async function measureCpu(row, folders, pairs, onProgress) {
  const measured = [];
  while (measured.length < pairs) {
    const due = Math.min(PAIRS_PER_START, pairs - measured.length);
    measured.push(...(await withServers(row, folders, measured.length, due)));
    onProgress(measured, pairs);
  }
  return measured;
}

/** Starts all servers, and takes pairs until they are `due`. */
async function withServers(row, folders, firstPair, due) {
  const { before, after } = row;
  const start = (side) => new Contestant(row, side, folders[side.build]);
  const contestants = { before: start(before), after: start(after), again: start(before) };
  try {
    await Promise.all(Object.values(contestants).map((contestant) => contestant.open(row)));
    const measured = [];
    for (let pair = firstPair; pair < firstPair + due; pair++) {
      measured.push(await takePair(contestants, pair));
    }
    return measured;
  } finally {
    for (const contestant of Object.values(contestants)) contestant.stop();
  }
}

/** A pair is several short turns of each, taken together. */
async function takePair(contestants, pair) {
  const sums = { before: [0, 0], after: [0, 0], again: [0, 0] };
  for (const round of ROUNDS) {
    for (const name of pair % 2 === 1 ? round.toReversed() : round) {
      const { used, frames } = await contestants[name].takeTurn(TURN);
      sums[name][0] += used;
      sums[name][1] += frames;
    }
  }
  return mapValues(sums, ([used, frames]) => ({ cpu: used / frames }));
}

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
}
