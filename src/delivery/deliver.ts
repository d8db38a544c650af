import type { Message } from "./message.js";

/** Anybody with an outbox. */
interface Recipient {
  readonly outbox: { push(message: Message): void };
}

/** Queues one message for each recipient but those in `except`: one of them, or several. */
export function deliver<R extends Recipient>(
  message: Message,
  recipients: ReadonlySet<R>,
  except: R | Iterable<R> | undefined,
): void {
  if (except === undefined || !(Symbol.iterator in except)) {
    for (const recipient of recipients) if (recipient !== except) recipient.outbox.push(message);
  } else {
    const excluded = new Set(except);
    for (const recipient of recipients)
      if (!excluded.has(recipient)) recipient.outbox.push(message);
  }
}
