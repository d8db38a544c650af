import http from "node:http";
import * as core from "roomcast";
import * as testing from "roomcast/testing";
import * as adapter from "roomcast/ws";
import * as ws from "ws";
import exercise from "./exercise.cjs";

await exercise({ core, testing, adapter, ws, http });
