import type { Random } from "./random.js";
import type { BroadcastKind, Step } from "./steps.js";

type Action = Step["action"];

const USERS = ["alice", "bob", "carol"];
const TABS = ["1", "2"];
const ROOMS = ["red", "blue"];

/** How often each action is drawn, relative to the others. The order matters: plans depend on it. */
const WEIGHTS: Readonly<Record<Action, number>> = {
  connect: 5,
  join: 10,
  leave: 2,
  send: 10,
  ask: 3,
  broadcast: 16,
  direct: 4,
  type: 3,
  presence: 1,
  pause: 5,
  resume: 4,
  slow: 3,
  cut: 5,
  freeze: 1.5,
  close: 1,
  revoke: 2,
  grant: 2,
  kick: 2,
  request: 1.5,
  restart: 0.8,
  wait: 30,
  clock: 2,
};

/** Waiting times (ms), from the end of a turn to minutes. */
const TIMES = [
  0, 0, 0, 0, 1, 10, 30, 100, 100, 300, 300, 1_000, 1_000, 3_000, 8_000, 35_000, 90_000,
];

/** Draws a random plan: each user's first tab connects and joins a room, then come steps up to `count`. */
export function planSteps(random: Random, count: number): Step[] {
  const steps: Step[] = [];
  for (const user of USERS) {
    const participant = `${user}-1`;
    steps.push({ action: "connect", participant }, { action: "join", participant, room: "red" });
  }
  steps.push({ action: "wait", ms: 1_000 });
  // Many steps concern one participant, so that bugs which need several steps in a row show up.
  const favourite = `${random.pick(USERS)}-1`;
  // Each seed has weights of its own: what is rare with one is frequent with another.
  const weights = Object.entries(WEIGHTS).map(([action, weight]): [Action, number] => {
    return [action as Action, action === "wait" ? weight : weight * random.pick([0.2, 1, 1, 3])];
  });
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  while (steps.length < count) {
    let rest = random.next() * total;
    const [action] = weights.find(([, weight]) => {
      rest -= weight;
      return rest < 0;
    }) ?? ["wait"];
    steps.push(makeStep(action, favourite, random));
  }
  return steps;
}

/** Draws the details of a step. The same numbers are drawn first whatever the action is. */
function makeStep(action: Action, favourite: string, random: Random): Step {
  const other = `${random.pick(USERS)}-${random.chance(0.7) ? TABS[0] : TABS[1]}`;
  const participant = random.chance(0.35) ? favourite : other;
  const user = participant.split("-")[0] as string;
  const room = random.chance(0.75) ? (ROOMS[0] as string) : (ROOMS[1] as string);
  const count = random.pick([1, 1, 1, 2, 5, 20, 60]);
  const size = random.pick([0, 10, 10, 100, 500]);
  switch (action) {
    case "slow":
      return { action, participant, rate: random.pick([100, 1_000, 5_000]) };
    case "join":
    case "leave":
    case "type":
      return { action, participant, room };
    case "send":
      return { action, participant, room, count: Math.min(5, count), size };
    case "ask":
      return { action, participant, room, count };
    case "broadcast": {
      const kinds = ["lasting", "lasting", "lasting", "drop", "drop", "latest"] as const;
      const kind = random.pick<BroadcastKind>(kinds);
      const step = { action, room, count, size, kind } as const;
      return random.chance(0.3) ? { ...step, except: participant } : step;
    }
    case "direct": {
      const policy = random.pick(["queue", "queue", "queue", "drop", "latest"] as const);
      return { action, participant, count: Math.max(count, random.pick([1, 60])), size, policy };
    }
    case "revoke":
    case "grant":
    case "kick":
      return { action, user, room };
    case "request":
      return { action, room, timeout: random.pick([100, 5_000]) };
    case "restart":
      return { action, mode: random.pick(["close", "crash"] as const) };
    case "clock":
      return {
        action,
        ms: random.pick([-1, 1]) * random.pick([1_000, 60_000, 600_000, 3_600_000]),
      };
    case "wait":
      return { action, ms: random.pick(TIMES) };
    default:
      return { action, participant };
  }
}
