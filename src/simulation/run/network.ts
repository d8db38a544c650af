import type { Batch, Receiver } from "../../index.js";
import type { VirtualClock } from "../../testing/index.js";
import type { ReferenceModel } from "../check/reference-model.js";
import type { Fail } from "../check/rules.js";
import { WireChecker } from "../check/wire-checker.js";
import type { NetworkConditions } from "../plan/conditions.js";
import { NetworkLink, type NetworkObserver } from "./network-link.js";
import type { Participant } from "./participant.js";

/** What a network needs. */
export interface NetworkContext {
  readonly clock: VirtualClock;
  readonly conditions: NetworkConditions;
  readonly model: ReferenceModel;
  readonly fail: Fail;
  /** The server accepts a connection. */
  accept(link: NetworkLink): Receiver;
  /** Whether a server's history must still have a message. */
  mustHave(epoch: string, seq: number): boolean;
  /** A server has written a batch. `before` is what waited before that (bytes). */
  written(link: NetworkLink, batch: Batch, before: number): void;
}

/** All network connections of a simulation, each with a checker of what it carries. */
export class Network implements NetworkObserver {
  readonly #context: NetworkContext;
  readonly #links = new Map<
    NetworkLink,
    { readonly participant: Participant; readonly wire: WireChecker }
  >();

  constructor(context: NetworkContext) {
    this.#context = context;
  }

  /** Number of links that at least one end still holds. */
  get openLinks(): number {
    return [...this.#links.keys()].filter(({ isOver }) => !isOver).length;
  }

  /** The participant at the remote end of a link. */
  participantOf(link: NetworkLink): Participant {
    return this.#links.get(link)?.participant as Participant;
  }

  /** Makes a link from a participant to the server, and opens it. */
  dial(participant: Participant, random: () => number): NetworkLink {
    const { clock, conditions, model, fail, accept, mustHave } = this.#context;
    const index = this.#links.size;
    const link = new NetworkLink(
      { index, clock, random, conditions, observer: this },
      participant.rate,
    );
    const wire = new WireChecker({
      model,
      fail,
      participant: participant.id,
      user: participant.userId,
      link: index,
      mustHave,
      accounted: (room, epoch, seq) => participant.accounted(room, epoch, seq),
    });
    this.#links.set(link, { participant, wire });
    participant.link = link;
    participant.wire = wire;
    link.open(accept);
    return link;
  }

  sent(link: NetworkLink, text: string): void {
    this.#links.get(link)?.wire.sent(text);
  }

  received(link: NetworkLink, text: string): void {
    this.#links.get(link)?.wire.received(text);
  }

  written(link: NetworkLink, batch: Batch, before: number): void {
    this.#context.written(link, batch, before);
  }
}
