/** What has a part in a budget. */
export interface Share {
  /** How many bytes it keeps. */
  readonly bytes: number;
  /** How many the budget knows of; kept by the budget. */
  counted: number;
  /** Forgets the oldest of what it keeps, until at most so many bytes are left. */
  shrinkTo(bytes: number): void;
}

/**
 * How many bytes may be kept together. Above, one of those that keep most forgets the older half of it, of these
 * the one that has been silent for longest: so what keeps little loses nothing to others, however many they are.
 */
export class Budget {
  readonly #max: number;
  /** Level n has those that keep at least 2^(n - 1) bytes and less than twice as many; silent for longest first. */
  readonly #levels: (Set<Share> | undefined)[] = [];
  #bytes = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** How many bytes are kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Something was added to a share: it is silent no longer, and others, or itself, may have to forget something. */
  added(share: Share): void {
    this.#levels[levelOf(share.counted)]?.delete(share);
    this.changed(share);
    while (this.#bytes > this.#max) {
      const greediest = this.#greediest();
      greediest.shrinkTo(Math.floor(greediest.bytes / 2));
    }
  }

  /** A share may keep another number of bytes than before. */
  changed(share: Share): void {
    const { bytes, counted } = share;
    const level = levelOf(bytes);
    if (level !== levelOf(counted)) this.#levels[levelOf(counted)]?.delete(share);
    this.#bytes += bytes - counted;
    share.counted = bytes;
    if (level === 0) return;
    const same = this.#levels[level] ?? new Set();
    this.#levels[level] = same;
    same.add(share);
  }

  #greediest(): Share {
    const levels = this.#levels;
    while (!levels.at(-1)?.size) levels.pop();
    const [first] = levels.at(-1) as Set<Share>;
    return first as Share;
  }
}

/** 0 for nothing. */
function levelOf(bytes: number): number {
  return bytes === 0 ? 0 : Math.floor(Math.log2(bytes)) + 1;
}
