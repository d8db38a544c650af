import * as core from "roomcast";
import * as browser from "roomcast/browser";
import * as simulation from "roomcast/simulation";
import * as testing from "roomcast/testing";
import * as uws from "roomcast/uws";
import * as websocket from "roomcast/websocket";
import exercise from "./exercise.cjs";

await exercise({ core, testing, simulation, uws, websocket, browser });
