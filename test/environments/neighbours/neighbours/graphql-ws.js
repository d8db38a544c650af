import { equal } from "node:assert/strict";
import { createServer } from "node:http";
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import WebSocket, { WebSocketServer } from "ws";
import { closeServer, listen, settle } from "../support.js";

/** As Apollo's documentation has it, too. */
export async function open({ serveHub, place }) {
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({
      name: "Query",
      fields: { hello: { type: GraphQLString, resolve: () => "theirs" } },
    }),
  });
  const server = createServer((_, response) => response.end());
  let disposable;
  settle(
    place,
    () => serveHub(server),
    () => {
      disposable = useServer({ schema }, new WebSocketServer({ server, path: "/graphql" }));
    },
  );
  await listen(server);
  return {
    async visit({ url }) {
      const client = createClient({ url: `${url}/graphql`, webSocketImpl: WebSocket });
      const { value } = await client.iterate({ query: "{ hello }" }).next();
      equal(value.data.hello, "theirs");
      await client.dispose();
    },
    close: () => closeServer(server, () => disposable.dispose()),
  };
}
