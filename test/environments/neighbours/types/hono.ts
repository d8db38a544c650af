import { serve as serveHono } from "@hono/node-server";
import { Hono } from "hono";
import { Hub } from "roomcast";
import { serve } from "roomcast/ws";

const app = new Hono();
serve(new Hub(), serveHono(app), { path: "/ws" });
