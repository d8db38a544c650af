import { setTimeout as sleep } from "node:timers/promises";
import { seeded } from "../../bench/load/random.js";
import { Attacker } from "./fuzz/attacker.js";
import { Breaker } from "./fuzz/breaker.js";
import { Leaver } from "./fuzz/leaver.js";
import { Pair } from "./fuzz/pair.js";
import { Stopper } from "./fuzz/stopper.js";
import { Tangler } from "./fuzz/tangler.js";
import { atMost, megabytes, none, thousands } from "./report.js";
import { ADAPTERS, withServer } from "./start.js";

const TOTAL = 1_000_000;
/** Of the total, so many are attacks with frames, and so many messages go to a server with its limits on. */
const FRAMES = 0.05;
const LIMITED = 0.05;
const ATTACKERS = 20;
/** Fewer, so that each sends enough to be refused, and to be closed for it. */
const LIMITED_ATTACKERS = 3;
const BREAKERS = 10;
const TANGLERS = 10;
const LEAVERS = 40;
const STOPPERS = 40;
/** Memory is read when so much is done. */
const STAGES = [0.1, 0.5, 1];

/** How much the heap may have grown from the first stage to the last. */
const GROWTH = 1.1;
const MARGIN = 5 * 2 ** 20;

/** Milliseconds that a room is remembered here: what is left of one stage is gone before the next. */
const TTL = 1_000;
const options = { history: { messages: 100, ttl: TTL }, presence: { grace: 200 } };

/**
 * A million mutated messages and broken frames against each server, and a million each of control frames,
 * fragments, half-open goodbyes, and messages of those who stop reading and go on.
 */
export async function fuzz({ scale, seed, adapters }) {
  const findings = {
    title: "Fuzzing",
    facts: [],
    header: [
      "server",
      "messages",
      "frame attacks",
      "control frames",
      "fragments",
      "half-open goodbyes",
      "messages of stopping readers",
      "connections",
      "answers checked",
      "pair's messages",
      "heap MB at 10, 50, 100 %",
      "resident MB",
    ],
    rows: [],
    bounds: [],
  };
  for (const adapter of adapters) {
    const title = ADAPTERS[adapter];
    const total = Math.round(TOTAL * scale);
    const open = await attackServer(adapter, { ...options, rateLimit: false }, { total, seed });
    const limited = await attackServer(adapter, options, {
      total: Math.round(total * LIMITED),
      seed: seed + 1,
      isLimited: true,
    });
    findings.rows.push(row(title, open), row(`${title}, default rate limit`, limited));
    const violations = [...open.violations, ...limited.violations];
    for (const violation of violations.slice(0, 20)) console.error(violation);
    const [first, , last] = open.memory.map(({ heap }) => heap / 2 ** 20);
    findings.bounds.push(
      none(`${title}, answers that are wrong, missing or too many`, violations),
      atMost(`${title}, heap at the end`, last, first * GROWTH + MARGIN / 2 ** 20, "MB"),
    );
  }
  return findings;
}

/** @returns what one server stood. That it crashed or failed is an exception. */
function attackServer(adapter, hubOptions, { total, seed, isLimited = false }) {
  return withServer(adapter, hubOptions, async (server) => {
    const violations = [];
    const isUser = (id) =>
      Pair.isMember(id) || /^(attacker|breaker|tangler|leaver|stopper)-\d+$/.test(id);
    const context = { violations, isUser, isLimited, everyMs: isLimited ? 25 : 2 };
    const { port } = server;
    const crew = (Member, kind, count) =>
      Array.from({ length: count }, (_, index) => {
        const random = seeded(seed * 1_000 + index);
        return new Member({ port, name: `${kind}-${index}`, random }, context);
      });
    const attackers = crew(Attacker, "attacker", isLimited ? LIMITED_ATTACKERS : ATTACKERS);
    const breakers = crew(Breaker, "breaker", BREAKERS);
    const tanglers = crew(Tangler, "tangler", isLimited ? 0 : TANGLERS);
    const leavers = crew(Leaver, "leaver", isLimited ? 0 : LEAVERS);
    const stoppers = crew(Stopper, "stopper", isLimited ? 0 : STOPPERS);
    const all = [...attackers, ...breakers, ...tanglers, ...leavers, ...stoppers];
    const frames = Math.round(total * FRAMES);
    const pair = new Pair(context);
    await pair.open(port);

    const memory = [];
    let before = 0;
    for (const stage of STAGES) {
      const share = (amount, members) => Math.ceil((amount * (stage - before)) / members.length);
      await Promise.all([
        ...attackers.map((each) => each.run(share(total - frames, attackers))),
        ...breakers.map((each) => each.run(share(frames, breakers))),
        ...tanglers.map((each) => each.run(share(total, tanglers))),
        ...leavers.map((each) => each.run(share(total, leavers))),
        ...stoppers.map((each) => each.run(share(total, stoppers))),
      ]);
      await Promise.all([...attackers, ...tanglers, ...stoppers].map((each) => each.leave()));
      // What a room remembers goes by the clock alone.
      await sleep(2 * TTL);
      memory.push(await server.ask("resources"));
      before = stage;
    }
    await pair.close();
    const sum = (members, figure) => members.reduce((all, each) => all + each[figure], 0);
    logOutcomes(adapter, all);
    console.log(`${adapter}, the hub: ${JSON.stringify(await server.ask("stats"))}`);
    return {
      violations,
      memory,
      messages: sum(attackers, "sent"),
      frames: sum(breakers, "connections"),
      control: sum(tanglers, "control"),
      fragments: sum(tanglers, "fragments"),
      goodbyes: sum(leavers, "connections"),
      stopped: sum(stoppers, "sent"),
      connections: sum(all, "connections"),
      answered: sum(attackers, "answered"),
      pair: pair.count,
    };
  });
}

function row(title, { memory, ...counts }) {
  const { messages, frames, control, fragments, goodbyes, stopped } = counts;
  const { connections, answered, pair } = counts;
  return [
    title,
    ...[messages, frames, control, fragments, goodbyes, stopped].map(thousands),
    ...[connections, answered, pair].map(thousands),
    memory.map(({ heap }) => megabytes(heap)).join(", "),
    memory.map(({ rss }) => megabytes(rss)).join(", "),
  ];
}

/** How attacks ended: for whoever looks into it, not for the page. */
function logOutcomes(adapter, members) {
  const all = new Map();
  for (const { outcomes } of members) {
    for (const [key, count] of outcomes) all.set(key, (all.get(key) ?? 0) + count);
  }
  const lines = [...all].sort().map(([key, count]) => `  ${key}, ${count} times`);
  console.log([`${adapter}, how attacks ended:`, ...lines].join("\n"));
}
