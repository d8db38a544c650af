import { Hub } from "roomcast";

/**
 * The hub of a roomcast server: every default, but one, and whatever the benchmark asks for beside, as
 * JSON on the command line. Clients here send more than people do, so the rate limit is raised. It is not
 * switched off; each message is still counted.
 *
 * With `draw`, it has a message type of the application's own, whose handler returns what `broadcast`
 * returns ("returned"), or nothing ("ignored").
 */
export function createHub() {
  const [, , json = "{}"] = process.argv;
  const { draw, ...options } = JSON.parse(json);
  const rateLimit = { perSecond: 1_000_000, burst: 1_000_000 };
  const hub = new Hub({ rateLimit, ...options });
  if (draw === "returned") {
    hub.handle("draw", (client, message) => passOn(client, message));
  } else if (draw === "ignored") {
    hub.handle("draw", (client, message) => {
      passOn(client, message);
    });
  }
  return hub;
}

function passOn(client, message) {
  return message.room.broadcast("drawn", message.payload, { except: client, from: client });
}
