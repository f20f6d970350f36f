import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { moveShipment } from "../../src/commands/shipping/shipment/record-shipment.js";
import { newId } from "../../src/kernel/ids.js";
import { openFilesMax } from "../../src/platform/http/open-files.js";
import { percentile } from "../load.js";
import { compare, type BenchResult } from "../result.js";
import { cpuSeconds } from "../sale/process-figures.js";
import { cityOf, clockMs } from "./follower-messages.js";
import { Followers } from "./followers.js";
import { openTrackingShop, type TrackedParcel, type TrackingShop } from "./shop.js";

const socketsWanted = 10_000;
/** On each order; beside 100 sockets on orders of their own. */
const socketsEach = 10;
const baselineSockets = 100;
/** Scans a second. */
const scanRate = 100;
const warmUpMs = 5_000;
const measureMs = 15_000;
const restMs = 10_000;
/** For what the processes of the benchmark open besides. */
const otherFiles = 600;
const heardWithinMs = 30_000;
const tickMs = 5;

/**
 * Push latency (the bus has answered that a scan is recorded, to its arrival at a socket) and memory of one API process with
 * 10,000 sockets on 1,000 orders, followed by their public links; beside the same rate of scans with 100 sockets on 100 orders.
 */
export async function benchTracking(): Promise<BenchResult[]> {
  const sockets = Math.min(socketsWanted, openFilesMax() - otherFiles);
  if (sockets < socketsWanted) {
    console.log(`A process may open ${String(openFilesMax())} files here: measured with ${String(sockets)} sockets. For ${String(socketsWanted)} allow ${String(socketsWanted + otherFiles)} (\`ulimit -n\`).`);
  }
  const orders = Math.floor(sockets / socketsEach);
  const shop = await openTrackingShop(orders + baselineSockets, { LIVE_SOCKETS_MAX: String(sockets) });
  try {
    const few = await withFollowers(shop, shop.parcels.slice(orders), 1);
    const many = await withFollowers(shop, shop.parcels.slice(0, orders), socketsEach);
    const count = String(sockets);
    const note = (of: Phase): string => `p50 ${of.p50Ms.toFixed(1)} ms, p99 ${of.p99Ms.toFixed(1)} ms`;
    return [
      compare(`tracking-push-${count}`, "ms", { value: many.p99Ms, p50Ms: many.p50Ms, p99Ms: many.p99Ms }, few.p99Ms,
        `p99 from a recorded scan to its arrival, with ${String(baselineSockets)} sockets: ${note(few)}; ${String(scanRate)} scans/s, each to ${String(socketsEach)} sockets (baseline 1), ${String(many.pushes)} pushes`),
      compare(`tracking-push-cpu-${count}`, "µs", { value: many.pushMicroseconds }, few.pushMicroseconds, "processor time of the API a push, its share of reading and hearing in it"),
      compare(`tracking-memory-${count}`, "MiB", { value: many.peakMebibytes }, few.mebibytes, `most that the API had resident, beside ${String(baselineSockets)} sockets`),
      compare("tracking-memory-socket", "KiB", { value: ((many.mebibytes - few.mebibytes) * 1_024) / (sockets - baselineSockets) }, null, "resident memory of the API a socket, after the pushes"),
      compare(`tracking-rest-${count}`, "% of a core", { value: many.restPercent }, few.restPercent, "processor time of the API while nothing happens"),
    ];
  } finally {
    await shop.close();
  }
}

interface Phase {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly pushes: number;
  /** Processor time of the API a push. */
  readonly pushMicroseconds: number;
  /** Of the API, resident. */
  readonly mebibytes: number;
  readonly peakMebibytes: number;
  readonly restPercent: number;
}

/** Opens so many sockets on each parcel and lets couriers tell of them. */
async function withFollowers(shop: TrackingShop, parcels: readonly TrackedParcel[], each: number): Promise<Phase> {
  const { api } = shop;
  const begunMs = performance.now();
  const followers = await Followers.open(`${api.url.replace("http", "ws")}/graphql`, parcels.map(({ token }) => token), each);
  console.log(`${String(parcels.length * each)} sockets had their snapshots after ${((performance.now() - begunMs) / 1_000).toFixed(1)} s.`);
  const run: Run = { shop, parcels, followers, socketsEach: each };
  await scansFor(run, warmUpMs);
  const before = await cpuOf(api.pid);
  await delay(restMs);
  const restPercent = ((await cpuOf(api.pid) - before) * 100_000) / restMs;
  const pushing = await cpuOf(api.pid);
  const latencies = await scansFor(run, measureMs);
  const pushMicroseconds = ((await cpuOf(api.pid) - pushing) * 1e6) / latencies.length;
  const memory = await memoryOf(api.pid);
  await followers.close();
  return { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99), pushes: latencies.length, pushMicroseconds, restPercent, ...memory };
}

interface Run {
  readonly shop: TrackingShop;
  readonly parcels: readonly TrackedParcel[];
  readonly followers: Followers;
  readonly socketsEach: number;
}

/** Which parcel a scan was of, and when the bus had answered. */
interface Recorded {
  readonly token: number;
  readonly atMs: number;
}

/** Numbers all scans of the benchmark. */
let scans = 0;
const firstScanAt = Date.parse("2026-01-02T00:00:00.000Z");

/** Records scans at an even rate, of one parcel after the other. @returns latencies, sorted: one for each scan and socket that follows its order */
async function scansFor(run: Run, durationMs: number): Promise<readonly number[]> {
  const { parcels, shop: { surroundings: { write: { bus } } } } = run;
  const recorded = new Map<number, Recorded>();
  const pending: Promise<void>[] = [];
  const startedMs = performance.now();
  let sent = 0;
  while (performance.now() - startedMs < durationMs) {
    for (const due = ((performance.now() - startedMs) * scanRate) / 1_000; sent < due; sent += 1) {
      const [token, scan] = [sent % parcels.length, ++scans];
      const parcel = parcels[token];
      if (!parcel) throw new Error("there is no parcel");
      const seen = { scanId: `s${String(scan)}`, rawCode: "IT", status: "in_transit", reasonCode: null, city: cityOf(scan), occurredAt: new Date(firstScanAt + scan * 1_000).toISOString() } as const;
      pending.push(bus.execute(moveShipment, { ...parcel, step: { type: "RecordScans", scans: [seen] } }, { actor: { role: "system", id: "bench" }, idempotencyKey: newId() })
        .then(() => { recorded.set(scan, { token, atMs: clockMs() }); }));
    }
    await delay(tickMs);
  }
  await Promise.all(pending);
  return latenciesOf(recorded, run);
}

/** A scan is heard with the first message that holds it or a later one of its parcel. */
async function latenciesOf(recorded: ReadonlyMap<number, Recorded>, { followers, socketsEach: each }: Run): Promise<readonly number[]> {
  const heardBy = new Map<number, number[][]>();
  const latencies: number[] = [];
  const wanted = recorded.size * each;
  const giveUpAt = Date.now() + heardWithinMs;
  // Of each token the scans in order, and for each socket how many of them it has heard.
  const scansOf = Map.groupBy([...recorded.keys()].sort((a, b) => a - b), (scan) => recorded.get(scan)?.token ?? -1);
  while (latencies.length < wanted) {
    if (Date.now() > giveUpAt) throw new Error(`${String(wanted - latencies.length)} of ${String(wanted)} pushes never came`);
    for (const { token, socket, scan, atMs } of await followers.heard()) {
      const open = heardBy.get(token) ?? Array.from({ length: each }, () => [...scansOf.get(token) ?? []]);
      heardBy.set(token, open);
      const mine = open[socket] ?? [];
      while (mine[0] !== undefined && mine[0] <= scan) latencies.push(Math.max(0, atMs - (recorded.get(mine.shift() ?? 0)?.atMs ?? atMs)));
    }
    await delay(100);
  }
  return latencies.sort((a, b) => a - b);
}

async function cpuOf(pid: number): Promise<number> {
  return (await cpuSeconds([{ name: "api", pid, withChildren: false }])).get("api") ?? NaN;
}

/** Linux tells; elsewhere NaN. */
async function memoryOf(pid: number): Promise<{ readonly mebibytes: number; readonly peakMebibytes: number }> {
  const status = await readFile(`/proc/${String(pid)}/status`, "utf8").catch(() => "");
  const mebibytesOf = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1_024;
  return { mebibytes: mebibytesOf("VmRSS"), peakMebibytes: mebibytesOf("VmHWM") };
}
