import { median } from "./median.js";

/** What all cells gave, and the medians of it. */
export class Results {
  /** One entry per round; undefined where it failed. @type {Map<string, (import("./cell.js").Figures | undefined)[]>} */
  #rounds = new Map();

  /** @param {import("./cell.js").Figures | undefined} figures */
  add(workload, peer, figures) {
    const key = `${workload.name} ${peer}`;
    const rounds = this.#rounds.get(key) ?? [];
    rounds.push(figures);
    this.#rounds.set(key, rounds);
  }

  /** The median of a figure; NaN where no round gave it. */
  median(workload, peer, figure) {
    return median(this.#values(workload, peer, figure));
  }

  /** The median over the rounds of one server's figure divided by another's in the same round. */
  ratio(workload, peer, other, figure) {
    return this.#compare(workload, peer, other, figure, (a, b) => a / b);
  }

  /** The same for what one server's figure is above another's. */
  difference(workload, peer, other, figure) {
    return this.#compare(workload, peer, other, figure, (a, b) => a - b);
  }

  #compare(workload, peer, other, figure, how) {
    const others = this.#values(workload, other, figure);
    return median(
      this.#values(workload, peer, figure).map((value, round) => how(value, others[round])),
    );
  }

  #values(workload, peer, figure) {
    const rounds = this.#rounds.get(`${workload.name} ${peer}`) ?? [];
    return rounds.map((figures) => figures?.[figure] ?? Number.NaN);
  }
}
