import { askChild } from "../ask.js";
import { startLoad, startServer } from "../cell.js";
import { peers } from "../peers.js";
import { spend } from "../spend.js";

/** Milliseconds at full speed before anything is measured. */
const WARM_UP = 1_500;

/**
 * Most milliseconds from one burst to the next. The benchmark leaves up to 100 between large ones; a short
 * turn would then hold one burst, and the questions to the server would count for too much.
 */
const PACE = 20;

/** A server of one build and its load, each a process of its own, connected until they are stopped. */
export class Contestant {
  #workload;
  #server;
  #load;

  /**
   * @param {import("./rows.js").Row} row
   * @param {import("./rows.js").Side} side
   * @param {string} folder The benchmark beside the build.
   */
  constructor({ peer, workload }, { hub }, folder) {
    this.#workload = workload;
    this.#server = startServer(peer, { hub: { ...workload.hub, ...hub }, folder });
    this.#load = startLoad();
  }

  /** Connects the load, and lets it run at full speed for a while. */
  async open({ peer, dialect = peers[peer].dialect }) {
    const { clients, rooms, burst, inFlight } = this.#workload;
    const port = await askChild(this.#server, "port");
    const options = { dialect, port, joins: true, count: clients, rooms };
    await askChild(this.#load, "open", options);
    await askChild(this.#load, "warmUp", { burst, inFlight, milliseconds: WARM_UP });
  }

  /** Runs the workload for a moment; resolves to microseconds of server CPU, and delivered frames. */
  async takeTurn(seconds) {
    const { burst, senders, inFlight } = this.#workload;
    const everyMs = Math.min(this.#workload.everyMs, PACE);
    const { used, result } = await spend(this.#server, undefined, () =>
      askChild(this.#load, "send", { seconds, burst, everyMs, senders, inFlight }),
    );
    await askChild(this.#load, "check");
    return { used, frames: result.frames };
  }

  stop() {
    this.#load.kill("SIGKILL");
    this.#server.kill("SIGKILL");
  }
}
