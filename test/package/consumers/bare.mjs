import * as core from "roomcast";
import * as testing from "roomcast/testing";
import exercise from "./exercise.cjs";

await exercise({ core, testing });
