import type { Message } from "./message.js";

/** Anybody with an outbox. */
interface Recipient {
  readonly outbox: { push(message: Message, lingers: boolean): void };
}

/**
 * Queues one message for each recipient but those in `except`: one of them, or several. What `lingers`
 * may wait a little for company.
 */
export function deliver<R extends Recipient>(
  message: Message,
  recipients: ReadonlySet<R>,
  except: R | Iterable<R> | undefined,
  lingers = false,
): void {
  if (except === undefined || !(Symbol.iterator in except)) {
    for (const recipient of recipients)
      if (recipient !== except) recipient.outbox.push(message, lingers);
  } else {
    const excluded = except instanceof Set ? except : new Set(except);
    for (const recipient of recipients)
      if (!excluded.has(recipient)) recipient.outbox.push(message, lingers);
  }
}
