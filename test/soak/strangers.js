import { setTimeout as sleep } from "node:timers/promises";
import { megabytes, none, thousands } from "./report.js";
import { ADAPTERS, withServer } from "./start.js";
import { PRIVATE, Strangers, scenarios } from "./strangers/scenarios.js";
import { Wire } from "./wire.js";

const GRACE = 60_000;
/** Milliseconds that the member is away for, long before `grace` is over. */
const AWAY = 1_500;

/** Strangers who use up what all rooms share, and one member whose line breaks. */
export async function strangers({ adapters }) {
  const findings = {
    title: "Strangers against one member whose line breaks",
    facts: [
      `default limits, \`history: {}\`, \`grace\` ${GRACE} ms; a message is sent while the member is away`,
    ],
    header: [
      "server",
      "strangers use up",
      "connections",
      "MB sent",
      "s",
      "the member",
      "the others are told",
    ],
    rows: [],
    bounds: [],
  };
  for (const adapter of adapters) {
    const title = ADAPTERS[adapter];
    const lost = [];
    const told = [];
    for (const [what, scenario] of Object.entries(scenarios)) {
      const { crowd, seconds, hasRecovered, hasLeft } = await run(adapter, scenario);
      if (!hasRecovered) lost.push(what);
      if (hasLeft && scenario.grace !== 0) told.push(what);
      findings.rows.push([
        title,
        what,
        thousands(crowd.connections),
        megabytes(crowd.bytes),
        seconds.toFixed(1),
        hasRecovered ? "recovers" : "lost messages",
        scenario.isAway || scenario.grace === 0 ? "–" : hasLeft ? "it left" : "nothing",
      ]);
    }
    findings.bounds.push(
      none(`${title}, the member does not recover`, lost),
      none(`${title}, the others are told that it left, within \`grace\``, told),
    );
  }
  return findings;
}

function run(adapter, { isAway, grace = GRACE, run: use }) {
  const options = { history: {}, presence: { grace } };
  return withServer(adapter, options, async (server) => {
    let hasLeft = false;
    const { port } = server;
    const [member, { seq, epoch }] = await enter(port, "member");
    const hear = ({ type, payload }) => {
      if (type === "user_left" && payload.id === "member") hasLeft = true;
    };
    // Somebody sees whether the member leaves; without members a room is one of the dormant ones.
    if (!isAway) await enter(port, "witness", undefined, hear);
    const crowd = new Strangers(port);
    if (isAway) {
      await member.cut();
      await server.ask("say", PRIVATE);
    }
    const start = performance.now();
    await use(crowd);
    const seconds = (performance.now() - start) / 1000;
    if (!isAway) {
      await member.cut();
      await server.ask("say", PRIVATE);
      await sleep(AWAY);
    }
    const [, { payload }] = await enter(port, "member", { seq, epoch });
    return { crowd, seconds, hasRecovered: payload.recovered === true, hasLeft };
  });
}

/** @returns the wire, and the `room_info` with which it was let in. */
async function enter(port, name, since, hear = () => {}) {
  const wire = await Wire.open({ port, name });
  wire.onText = (text) => {
    const envelope = JSON.parse(text);
    if (!wire.settle(envelope)) hear(envelope);
  };
  const info = await wire.ask({ type: "join_room", payload: { room_id: PRIVATE, since } });
  return [wire, info];
}
