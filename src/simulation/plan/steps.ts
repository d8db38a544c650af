import type { Random } from "./random.js";

/** What becomes of a broadcast where a client lags; "lasting" is what has a position. */
export type BroadcastKind = "lasting" | "ephemeral" | "drop" | "latest";

/**
 * One thing that happens in a simulation, as plain data. `who` is a connection, named by its user and a
 * number: "alice-2" is Alice's second tab. A step that makes no sense at the moment does nothing.
 */
export type Step =
  | {
      /**
       * - `connect`: the connection is opened, unless it is; `goodbye`: it is closed for good.
       * - `pause`: it stops reading; `resume`: it reads again, as fast as it can.
       * - `cut`: its link breaks, and both ends are told; `freeze`: nothing goes through any more, and
       *   nobody is told.
       * - `presence`: the server sets what others see of its user.
       */
      readonly do: "connect" | "goodbye" | "pause" | "resume" | "cut" | "freeze" | "presence";
      /** Which connection. */
      readonly who: string;
    }
  | {
      /** The connection reads so slowly. */
      readonly do: "slow";
      /** Which connection. */
      readonly who: string;
      /** Bytes a second. */
      readonly rate: number;
    }
  | {
      /** The connection joins or leaves a room, or its user types there. */
      readonly do: "join" | "leave" | "type";
      /** Which connection. */
      readonly who: string;
      /** Which room. */
      readonly room: string;
    }
  | {
      /** The connection sends messages to a room. */
      readonly do: "send";
      /** Which connection. */
      readonly who: string;
      /** Which room. */
      readonly room: string;
      /** How many messages. */
      readonly count: number;
      /** Characters in each. */
      readonly size: number;
    }
  | {
      /** The server broadcasts messages to a room. */
      readonly do: "broadcast";
      /** Which room. */
      readonly room: string;
      /** How many messages. */
      readonly count: number;
      /** Characters in each. */
      readonly size: number;
      /** Their kind. */
      readonly how: BroadcastKind;
      /** The connection that is left out, if any. */
      readonly except?: string;
    }
  | {
      /** The server sends messages to one connection. */
      readonly do: "direct";
      /** Which connection. */
      readonly who: string;
      /** How many messages. */
      readonly count: number;
      /** Characters in each. */
      readonly size: number;
      /** What becomes of them where the client lags. */
      readonly how: "queue" | "drop" | "latest";
    }
  | {
      /**
       * - `revoke`: the user may not be in the room any more, and is taken out of it; `grant`: may again.
       * - `kick`: the user is taken out of the room, and may come back.
       */
      readonly do: "revoke" | "grant" | "kick";
      /** Which user. */
      readonly user: string;
      /** Which room. */
      readonly room: string;
    }
  | {
      /** The server asks everybody in a room for an answer. */
      readonly do: "request";
      /** Which room. */
      readonly room: string;
      /** Milliseconds that it waits for answers. */
      readonly timeout: number;
    }
  | {
      /** The server starts anew with an empty memory: it is closed in peace, or dies. */
      readonly do: "restart";
      /** Which of the two. */
      readonly how: "close" | "crash";
    }
  | {
      /** Time passes. */
      readonly do: "pass";
      /** Milliseconds; 0 is the end of the turn. */
      readonly ms: number;
    };

type Kind = Step["do"];

const USERS = ["alice", "bob", "carol"];
const TABS = ["1", "2"];
const ROOMS = ["red", "blue"];

/** How often each kind of step is taken. */
const WEIGHTS: Readonly<Record<Kind, number>> = {
  connect: 5,
  join: 10,
  leave: 2,
  send: 10,
  broadcast: 16,
  direct: 4,
  type: 3,
  presence: 1,
  pause: 5,
  resume: 4,
  slow: 3,
  cut: 5,
  freeze: 1.5,
  goodbye: 1,
  revoke: 2,
  grant: 2,
  kick: 2,
  request: 1.5,
  restart: 0.8,
  pass: 30,
};

/** Milliseconds, from the end of a turn to minutes. */
const TIMES = [
  0, 0, 0, 0, 1, 10, 30, 100, 100, 300, 300, 1_000, 1_000, 3_000, 8_000, 35_000, 90_000,
];

/** A random history: who is there at first, and then `count` steps. */
export function planSteps(random: Random, count: number): Step[] {
  const steps: Step[] = [];
  for (const user of USERS) {
    const who = `${user}-1`;
    steps.push({ do: "connect", who }, { do: "join", who, room: "red" });
  }
  steps.push({ do: "pass", ms: 1_000 });
  // Much of what happens concerns one connection: faults that need several steps in a row come together.
  const favourite = `${random.pick(USERS)}-1`;
  // Every seed has habits of its own: what is rare in one is frequent in another.
  const weights = Object.entries(WEIGHTS).map(([kind, weight]): [Kind, number] => {
    return [kind as Kind, kind === "pass" ? weight : weight * random.pick([0.2, 1, 1, 3])];
  });
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  while (steps.length < count) {
    let at = random.next() * total;
    const [kind] = weights.find(([, weight]) => {
      at -= weight;
      return at < 0;
    }) ?? ["pass"];
    steps.push(makeStep(kind, favourite, random));
  }
  return steps;
}

function makeStep(kind: Kind, favourite: string, random: Random): Step {
  const other = `${random.pick(USERS)}-${random.chance(0.7) ? TABS[0] : TABS[1]}`;
  const who = random.chance(0.35) ? favourite : other;
  const user = who.split("-")[0] as string;
  const room = random.chance(0.75) ? (ROOMS[0] as string) : (ROOMS[1] as string);
  const count = random.pick([1, 1, 1, 2, 5, 20, 60]);
  const size = random.pick([0, 10, 10, 100, 500]);
  switch (kind) {
    case "slow":
      return { do: kind, who, rate: random.pick([100, 1_000, 5_000]) };
    case "join":
    case "leave":
    case "type":
      return { do: kind, who, room };
    case "send":
      return { do: kind, who, room, count: Math.min(5, count), size };
    case "broadcast": {
      const how = random.pick<BroadcastKind>([
        "lasting",
        "lasting",
        "lasting",
        "ephemeral",
        "drop",
        "latest",
      ]);
      const step = { do: kind, room, count, size, how } as const;
      return random.chance(0.3) ? { ...step, except: who } : step;
    }
    case "direct": {
      const how = random.pick(["queue", "queue", "queue", "drop", "latest"] as const);
      return { do: kind, who, count: Math.max(count, random.pick([1, 60])), size, how };
    }
    case "revoke":
    case "grant":
    case "kick":
      return { do: kind, user, room };
    case "request":
      return { do: kind, room, timeout: random.pick([100, 5_000]) };
    case "restart":
      return { do: kind, how: random.pick(["close", "crash"] as const) };
    case "pass":
      return { do: kind, ms: random.pick(TIMES) };
    default:
      return { do: kind, who };
  }
}

/** A step in words. */
export function describeStep(step: Step): string {
  switch (step.do) {
    case "slow":
      return `${step.who} reads ${step.rate} bytes a second`;
    case "join":
    case "leave":
      return `${step.who} ${step.do}s ${step.room}`;
    case "type":
      return `${step.who} types in ${step.room}`;
    case "send":
      return `${step.who} sends ${step.count} × ${step.size} characters to ${step.room}`;
    case "broadcast": {
      const except = step.except === undefined ? "" : `, except to ${step.except}`;
      return `the server broadcasts ${step.count} × ${step.size} characters to ${step.room} (${step.how}${except})`;
    }
    case "direct":
      return `the server sends ${step.count} × ${step.size} characters to ${step.who} (${step.how})`;
    case "revoke":
      return `${step.user} is banned from ${step.room}`;
    case "grant":
      return `${step.user} may be in ${step.room} again`;
    case "kick":
      return `${step.user} is taken out of ${step.room}, and may come back`;
    case "request":
      return `the server asks everybody in ${step.room}, for ${step.timeout} ms`;
    case "restart":
      return step.how === "crash"
        ? "the server dies; a new one starts"
        : "the server closes; a new one starts";
    case "pass":
      return step.ms === 0 ? "the turn ends" : `${step.ms} ms pass`;
    default:
      return `${step.who}: ${SAYINGS[step.do]}`;
  }
}

const SAYINGS = {
  connect: "connects",
  goodbye: "closes the connection for good",
  pause: "stops reading",
  resume: "reads again",
  cut: "the link breaks",
  freeze: "nothing goes through any more",
  presence: "the server sets the user's state",
} as const;
