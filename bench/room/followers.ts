import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { setTimeout as delay } from "node:timers/promises";
import { guestOf } from "../../src/platform/auth/guest.js";
import { InProcessLive } from "../../src/platform/live/in-process-live.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { openReadNode } from "../../src/platform/projector/open-read-node.js";
import { ticketCardKey } from "../../src/projections/inventory/sale-ticket-card.projection.js";
import { followTicket } from "../../src/queries/inventory/sale-queue.live.js";
import type { TicketFollower } from "../../src/queries/inventory/ticket-follower.js";
import type { Surroundings } from "../surroundings.js";
import { secretOf } from "./join-load.js";

const atOnce = 500;
const refreshMs = 1_000;
const mebibyte = 1_048_576;

export interface FollowerFigures {
  readonly heapMebibytes: number;
  /** News that were handed to followers while the room moved. */
  readonly pushes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Follows every guest's ticket in this process, as `saleQueueUpdates` does without its socket, for so many seconds after `startsAtMs`. */
export async function followAll({ deployment }: Surroundings, saleId: string, count: number, startsAtMs: number, seconds: number): Promise<FollowerFigures> {
  const [address] = deployment.nodes;
  if (!address) throw new Error("there is no read node");
  const node = await openReadNode({ ...address, poolSize: 8, logger: createLogger("error") });
  const live = new InProcessLive();
  const before = heapUsed();
  const followers: TicketFollower[] = [];
  for (let first = 0; first < count; first += atOnce) {
    const some = await Promise.all(Array.from({ length: Math.min(atOnce, count - first) }, (_, index) =>
      followTicket({ live, node: () => node, saleId, refreshMs }, ticketCardKey(saleId, guestOf(secretOf(first + index), "guest") ?? ""))));
    await Promise.all(some.map((each) => each.next()));
    followers.push(...some);
  }
  let pushes = 0;
  const reading = followers.map(async (each) => { while ((await each.next()).done !== true) pushes += 1; });
  const heapMebibytes = (heapUsed() - before) / mebibyte;
  await delay(Math.max(0, startsAtMs - Date.now()));
  const [cpu, pushesBefore] = [process.cpuUsage(), pushes];
  await delay(seconds * 1_000);
  const { user, system } = process.cpuUsage(cpu);
  const figures = { heapMebibytes, pushes: pushes - pushesBefore, seconds, cpuSeconds: (user + system) / 1_000_000 };
  await Promise.all(followers.map((each) => each.return()));
  await Promise.all(reading);
  await node.close();
  return figures;
}

/** What is in use and not only waits to be collected. */
function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
