import { parentPort, workerData } from "node:worker_threads";
import { defaultParameters } from "../../src/commands/shipping/choice/parameters.js";
import { playAll } from "./seeds.js";

parentPort?.postMessage(playAll(workerData as number, defaultParameters));
