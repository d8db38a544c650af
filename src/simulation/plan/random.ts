/** Random numbers that a seed decides: the same seed, the same numbers, on every machine. */
export class Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = mix(seed | 0);
    this.#state = this.#seed;
  }

  /** Numbers of its own for one purpose, which do not depend on how many others were drawn. */
  fork(purpose: string): Random {
    let hash = this.#seed;
    for (const character of purpose) hash = mix(hash ^ (character.codePointAt(0) as number));
    return new Random(hash);
  }

  /** From 0 up to 1. (Mulberry32.) */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return (mix(this.#state) >>> 0) / 2 ** 32;
  };

  /** An integer from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** True so often: 0 is never, 1 is always. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of several. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)] as T;
  }
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), value | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return mixed ^ (mixed >>> 14);
}
