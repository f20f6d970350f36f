import { parentPort } from "node:worker_threads";
import { defaultParameters } from "../../src/commands/shipping/choice/parameters.js";
import { playAll } from "./seeds.js";

parentPort?.on("message", (seed: number) => { parentPort?.postMessage(playAll(seed, defaultParameters)); });
