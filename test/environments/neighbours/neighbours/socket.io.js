import { createServer } from "node:http";
import { Server } from "socket.io";
import { engineGreeting, listen, settle } from "../support.js";

/** Hangs up, after a second, on what is not its own. Its own requests and connections take 1.5 s each. */
export async function open({ serveHub, place }) {
  const server = createServer((_, response) => response.end());
  let io;
  settle(
    place,
    () => serveHub(server),
    () => {
      io = new Server(server, { allowRequest: (_, done) => setTimeout(done, 1_500, null, true) });
      io.use((_, next) => void setTimeout(next, 1_500));
    },
  );
  await listen(server);
  return {
    visit: ({ url }) => engineGreeting(`${url}/socket.io/?EIO=4&transport=websocket`),
    close: () => io.close(),
  };
}
