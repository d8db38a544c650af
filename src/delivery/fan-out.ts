import type { Message } from "./message.js";

/** Anything with an outbox. */
interface Recipient {
  readonly outbox: { push(message: Message, deferBy?: number): void };
}

/** Who is left out of a message: nobody, one recipient, or several. */
export type Excluded<R> = R | ReadonlySet<R> | undefined;

/** An `except` as it is given, with a set for any other iterable. */
export function toExcluded<R extends object>(except: R | Iterable<R> | undefined): Excluded<R> {
  if (except === undefined || !(Symbol.iterator in except)) return except as Excluded<R>;
  return except instanceof Set ? except : new Set(except as Iterable<R>);
}

/** Queues one message for each recipient who is not left out; `deferBy` as `Outbox.push` has it. */
export function fanOut<R extends Recipient>(
  message: Message,
  recipients: ReadonlySet<R>,
  excluded: Excluded<R>,
  deferBy?: number,
): void {
  if (excluded instanceof Set) {
    for (const recipient of recipients)
      if (!excluded.has(recipient)) recipient.outbox.push(message, deferBy);
  } else {
    for (const recipient of recipients)
      if (recipient !== excluded) recipient.outbox.push(message, deferBy);
  }
}
