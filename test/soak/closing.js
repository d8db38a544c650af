import { setTimeout as sleep } from "node:timers/promises";
import { Peer, peers } from "./closing/peers.js";
import { heldAt } from "./kernel.js";
import { atMost, none } from "./report.js";
import { ADAPTERS, withServer } from "./start.js";

/** Peers of each kind that are closed in the same way. */
const EACH = 5;
/** Of a short run. */
const FEW = 2;
/** What everybody is sent before the end (MB): more than the kernel takes for one that does not read. */
const FILL = 6;
const LAG_TIMEOUT = 2_000;
/** Seconds after which one that is closed must be gone, and what a look may come late. */
const GONE = 5.5;
/** Clients that may stay in memory: the one that was written to last. */
const LAST = 1;
/** Seconds until nobody waits for it any more. */
const PATIENCE = 15;

/** How a connection ends, by the peer and the server; with 4000 it does so by itself. */
const causes = {
  1000: (peer, server) => server.ask("end", { id: peer.name, how: "1000" }),
  1008: (peer) => peer.flood(),
  4000: undefined,
  4500: (peer, server) => server.ask("end", { id: peer.name, how: "4500" }),
  "revoked, 4500": (peer, server) => server.ask("end", { id: peer.name, how: "revoke" }),
  "its own 1000": (peer) => peer.sayGoodbye(),
};
const names = Object.keys(causes);

/** Peers that do what they can to keep a connection that was closed. */
export async function closing({ scale, adapters }) {
  const each = scale < 0.2 ? FEW : EACH;
  const findings = {
    title: "Peers that keep their connection after a close",
    facts: [
      `${each} peers of each kind and each end, each at an address of its own, with \`maxConnectionsPerIp: 1\`; ${FILL} MB are sent to each before`,
      "seconds until the server's process has let go of the connection, by the kernel's table; the worst of each kind",
    ],
    header: ["server", "peer", ...names, "hub.close()"],
    rows: [],
    bounds: [],
  };
  for (const adapter of adapters) {
    const title = ADAPTERS[adapter];
    const one = await oneByOne(adapter, each);
    const all = await together(adapter, each);
    for (const kind of Object.keys(peers)) {
      const cells = names.map((cause) => shown(one.gone.get(`${kind}, ${cause}`)));
      findings.rows.push([title, kind, ...cells, shown(all.gone.get(kind))]);
    }
    const longest = Math.max(...one.gone.values(), ...all.gone.values());
    findings.facts.push(`${title}: \`hub.close()\` resolved after ${all.resolved.toFixed(1)} s`);
    findings.bounds.push(
      atMost(`${title}, gone after`, longest, GONE, "s"),
      none(`${title}, let in beside a connection of the same address`, one.beside),
      none(`${title}, not let in again`, one.refused),
      atMost(`${title}, clients that stay in memory`, one.kept, LAST),
      none(`${title}, connections when \`hub.close()\` has resolved`, all.left),
    );
  }
  return findings;
}

/** Each peer is closed by itself, and tries to come back. */
function oneByOne(adapter, each) {
  const options = { lagTimeout: LAG_TIMEOUT };
  return withServer(
    adapter,
    options,
    async (server) => {
      const cells = Object.entries(peers).flatMap(([kind, behaviour]) =>
        names
          // Who reads does not lag.
          .filter((cause) => causes[cause] !== undefined || !behaviour.isReader)
          .map((cause) => ({ kind, behaviour, cause })),
      );
      const all = await open(server, cells, each);
      await server.ask("fill", FILL);
      for (const { peer, cause } of all) {
        if (causes[cause] === undefined) continue;
        await causes[cause](peer, server);
        peer.closing();
      }
      const lagging = all.filter(({ cause }) => causes[cause] === undefined);
      const [gone] = await Promise.all([
        watch(server, all, ({ kind, cause }) => `${kind}, ${cause}`, true),
        giveUp(server, lagging),
      ]);
      const { connected, freed } = await memory(server);
      const namesOf = (found) => found.map(({ kind, cause }) => `${kind}, ${cause}`);
      return {
        gone,
        beside: namesOf(all.filter(({ peer }) => peer.beside > 0)),
        refused: namesOf(all.filter(({ peer }) => !peer.isBack)),
        kept: connected - freed,
      };
    },
    { maxConnectionsPerIp: 1 },
  );
}

/** All peers are closed by the end of the hub. */
function together(adapter, each) {
  return withServer(adapter, {}, async (server) => {
    const cells = Object.entries(peers).map(([kind, behaviour]) => ({ kind, behaviour }));
    const all = await open(server, cells, each);
    await server.ask("fill", FILL);
    const start = performance.now();
    for (const { peer } of all) peer.closing();
    const closed = server.ask("close").then(() => {
      return { resolved: (performance.now() - start) / 1000, held: heldAt(server.port) };
    });
    const gone = await watch(server, all, ({ kind }) => kind, false);
    const { resolved, held } = await closed;
    return { gone, resolved, left: held.map(() => "one") };
  });
}

async function open(server, cells, each) {
  const all = cells.flatMap((cell, place) =>
    Array.from({ length: each }, (_, index) => {
      const number = place * each + index + 1;
      return { ...cell, peer: new Peer(server.port, `peer-${number}`, number, cell.behaviour) };
    }),
  );
  await Promise.all(all.map(({ peer }) => peer.open()));
  return all;
}

/** Tells those that lag when the time for it is over. */
async function giveUp(server, lagging) {
  const waiting = new Set(lagging);
  const deadline = performance.now() + PATIENCE * 1000;
  while (waiting.size > 0 && performance.now() < deadline) {
    const lags = await server.ask("lags");
    for (const each of waiting) {
      const since = lags[each.peer.name];
      if (since === undefined || Date.now() < since + LAG_TIMEOUT) continue;
      each.peer.closing();
      waiting.delete(each);
    }
    await sleep(50);
  }
}

/** @returns {Promise<Map<string, number>>} Seconds until the last peer of each key was gone. */
async function watch(server, all, keyOf, comesBack) {
  const deadline = performance.now() + PATIENCE * 1000;
  const isOver = () => performance.now() >= deadline;
  const returns = comesBack ? all.map(({ peer }) => peer.comeBack(isOver)) : [];
  while (all.some(({ peer }) => peer.goneAfter === undefined) && !isOver()) {
    const held = heldAt(server.port);
    for (const { peer } of all) peer.look(held);
    await sleep(50);
  }
  await Promise.all(returns);
  const gone = new Map();
  for (const { peer, ...cell } of all) {
    const seconds = peer.goneAfter === undefined ? Infinity : peer.goneAfter / 1000;
    const key = keyOf(cell);
    gone.set(key, Math.max(gone.get(key) ?? 0, seconds));
  }
  await Promise.all(all.map(({ peer }) => peer.end()));
  return gone;
}

/** Which clients are still in memory, once what is to be collected has been. */
async function memory(server) {
  let found;
  for (let pass = 0; pass < 20; pass++) {
    found = await server.ask("memory");
    if (found.freed === found.connected) break;
    await sleep(200);
  }
  return found;
}

function shown(seconds) {
  if (seconds === undefined) return "–";
  return seconds === Infinity ? `over ${PATIENCE}` : seconds.toFixed(1);
}
