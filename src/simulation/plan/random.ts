/** Random numbers from a seed: the same seed gives the same numbers on every machine. */
export class Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = mix(seed | 0);
    this.#state = this.#seed;
  }

  /** An independent generator for one purpose. It does not depend on how many numbers were drawn here. */
  fork(purpose: string): Random {
    let hash = this.#seed;
    for (const character of purpose) hash = mix(hash ^ (character.codePointAt(0) as number));
    return new Random(hash);
  }

  /** A number from 0 up to, but not including, 1 (Mulberry32). A field, so that it can be passed on. */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return (mix(this.#state) >>> 0) / 2 ** 32;
  };

  /** An integer from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** True with this probability, from 0 to 1. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of these choices, each with the same probability. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)] as T;
  }
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), value | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return mixed ^ (mixed >>> 14);
}
