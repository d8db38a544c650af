import * as uWebSockets from "uWebSockets.js";
import http from "node:http";
import * as core from "roomcast";
import * as browser from "roomcast/browser";
import * as simulation from "roomcast/simulation";
import * as testing from "roomcast/testing";
import * as uws from "roomcast/uws";
import * as websocket from "roomcast/websocket";
import * as ws from "roomcast/ws";
import { WebSocket } from "ws";
import exercise from "./exercise.cjs";

const entries = { core, testing, simulation, ws, uws, websocket, browser };
await exercise(entries, { http, WebSocket, uWebSockets });
