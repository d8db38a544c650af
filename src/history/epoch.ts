/** Tells the epochs of this process from those of others. Made at first use: Workers forbid it while loading. */
let run = "";

let count = 0;

/** A new epoch, as a small number: a room keeps one for as long as it lives. */
export function newEpoch(): number {
  return count++;
}

/** An epoch as clients see it. */
export function epochText(epoch: number): string {
  run ||= crypto.randomUUID().slice(0, 8);
  return `${run}${epoch.toString(36).padStart(6, "0")}`;
}
