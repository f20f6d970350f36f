import "reflect-metadata";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { compare, table, writeResults, type BenchResult } from "../result.js";
import { memoryMebibytes } from "../sale/process-figures.js";
import { readOptions } from "../sale/options.js";
import { openShop, type Shop } from "../sale/shop.js";
import { timeAdmissions, type AdmissionFigures } from "./admissions.js";
import { followAll } from "./followers.js";
import { joinOverHttp } from "./join-load.js";
import { joinByBus, onDisk, openRoom } from "./rooms.js";

const many = 50_000;
const few = 50;
const admissions = 300;
/** Beside the joins: for memory to be measured, and for the followers to begin. */
const pauseSeconds = 45;
const idleMs = 10_000;
const ratePerSecond = 100;
const followSeconds = 10;

const say = (line: string): void => { console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`); };

async function measure(shop: Shop): Promise<BenchResult[]> {
  const { surroundings, target, watched } = shop;
  const { servers: { primary }, write: { bus } } = surroundings;
  const processes = watched.filter(({ name }) => name === "api" || name === "worker");
  const database = watched.find(({ name }) => name === primary.name);
  if (!database) throw new Error("there is no primary");

  say(`Warming up: ${String(many)} requests of ten guests who have their ticket.`);
  const warm = await openRoom(bus, "COLD-1", 7_200, ratePerSecond);
  const warmPerSecond = await joinOverHttp({ url: target.url, saleId: warm.saleId, requests: many, guestOf: (request) => request % 10 });
  await delay(idleMs);
  const [memoryBefore, diskBefore] = [await memoryMebibytes(processes), await onDisk(primary.adminUrl)];

  const { saleId, startsAtMs } = await openRoom(bus, "COLD-2", pauseSeconds + many / warmPerSecond, ratePerSecond);
  say(`${String(many)} guests join.`);
  const perSecond = await joinOverHttp({ url: target.url, saleId, requests: many, guestOf: (request) => request });
  await delay(idleMs);
  const [memoryAfter, diskAfter] = [await memoryMebibytes(processes), await onDisk(primary.adminUrl)];
  const added = processes.reduce((sum, { name }) => sum + (memoryAfter.get(name) ?? 0) - (memoryBefore.get(name) ?? 0), 0);

  say("All of them follow their tickets.");
  const followers = await followAll(surroundings, saleId, many, startsAtMs, followSeconds);

  say("Admission, alone on the primary.");
  await shop.stopMillrace();
  const small = await openRoom(bus, "COLD-3", 0, ratePerSecond);
  let joined = few;
  await joinByBus(bus, small.saleId, 0, few);
  const refill = async (admitted: number): Promise<void> => {
    await joinByBus(bus, small.saleId, joined, admitted);
    joined += admitted;
  };
  // Once for nothing, so that both meet prepared statements and warm caches.
  await timeAdmissions(bus, { saleId: small.saleId, sku: "COLD-3" }, few, database, refill);
  await timeAdmissions(bus, { saleId, sku: "COLD-2" }, few, database, () => Promise.resolve());
  const withFew = await timeAdmissions(bus, { saleId: small.saleId, sku: "COLD-3" }, admissions, database, refill);
  const withMany = await timeAdmissions(bus, { saleId, sku: "COLD-2" }, admissions, database, () => Promise.resolve());

  return [
    compare("join-over-http", "joins/s", { value: perSecond }, null, `${String(many)} guests, each once, 100 at a time, through one API process`),
    compare("room-memory", "MiB", { value: added }, null, `resident memory that ${String(many)} waiting tickets add to api and worker, after a warm-up of as many requests`),
    compare("room-disk", "MiB", { value: diskAfter.tickets - diskBefore.tickets }, null, "sale_ticket and sale_room with their indexes"),
    compare("room-disk-all", "MiB", { value: diskAfter.all - diskBefore.all }, null, "everything on the primary: besides, an event and a kept answer for each join"),
    compare("follower-memory", "MiB", { value: followers.heapMebibytes }, null, `heap of ${String(many)} followers of tickets in one process, without their sockets`),
    compare("follower-pushes", "pushes/s", { value: followers.pushes / followers.seconds }, null,
      `while ${String(ratePerSecond)} tickets a second are let in; ${((followers.cpuSeconds / followers.seconds) * 100).toFixed(0)} % of a core`),
    ...admissionResults(withFew, withMany),
  ];
}

function admissionResults(withFew: AdmissionFigures, withMany: AdmissionFigures): BenchResult[] {
  return [
    compare("admission", "ms", { value: withMany.p50Ms, p50Ms: withMany.p50Ms, p99Ms: withMany.p99Ms }, withFew.p50Ms,
      `median of ${String(admissions)} admissions with ${String(many)} waiting, against ${String(few)} waiting (p99 ${withFew.p99Ms.toFixed(1)} ms)`),
    compare("admission-cpu", "ms", { value: withMany.cpuMs }, withFew.cpuMs, "CPU of the primary for each; with few waiting as many joins on top, which keep somebody waiting"),
  ];
}

console.log(`Millrace bench:room on ${String(cpus().length)} cores (${cpus()[0]?.model ?? "unknown"}), ${String(Math.round(totalmem() / 2 ** 30))} GiB, Node ${process.version}; five minutes.`);
const shop = await openShop({ ...readOptions([]), buyers: 1 });
try {
  const results = await measure(shop);
  console.log(table(results));
  await writeResults(join(process.cwd(), "bench/results"), "bench-room.json", results);
  console.log("Written to bench/results/bench-room.json.");
} finally {
  await shop.close();
}
process.exit(0);
