import { Hub } from "roomcast";

/**
 * The hub of a roomcast server: every default, but one, and whatever the benchmark asks for beside, as
 * JSON on the command line. Clients here send more than people do, so the rate limit is raised. It is not
 * switched off; each message is still counted.
 */
export function createHub() {
  const [, , options = "{}"] = process.argv;
  const rateLimit = { perSecond: 1_000_000, burst: 1_000_000 };
  return new Hub({ rateLimit, ...JSON.parse(options) });
}
