import { createServer } from "node:http";
import next from "next";
import { useEffect } from "react";
import { Hub } from "roomcast";
import { connect } from "roomcast/browser";
import { serve } from "roomcast/ws";

const httpServer = createServer();
const app = next({ dev: true, httpServer });
serve(new Hub(), httpServer, { path: "/ws" });
httpServer.on("request", app.getRequestHandler());

export function Page() {
  useEffect(() => {
    const connection = connect("wss://example.org/ws");
    return () => connection.close();
  }, []);
  return <p>Hello</p>;
}
