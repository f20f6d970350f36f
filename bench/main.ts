import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { benchAllocation } from "./allocation.js";
import { startBenchApi } from "./api.js";
import { benchBus } from "./bus.js";
import { benchGraphql } from "./graphql.js";
import { benchLimits } from "./limits.js";
import { benchLive } from "./live.js";
import { benchMemory } from "./memory.js";
import { benchPayments } from "./payments.js";
import { benchQueries } from "./queries.js";
import { table, writeResults, type BenchResult } from "./result.js";
import { openSurroundings } from "./surroundings.js";
import { benchTracking } from "./tracking/sockets.js";

const groups = ["bus", "graphql", "queries", "live", "limits", "payments", "allocation", "tracking"] as const;
const wanted = new Set(process.argv.slice(2));
const runs = (group: (typeof groups)[number]): boolean => wanted.size === 0 || wanted.has(group);
const unknown = [...wanted].filter((name) => !(groups as readonly string[]).includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}; there are: ${groups.join(", ")}. Without a name all are run.`);
  process.exit(1);
}

console.log(`Millrace bench on ${String(cpus().length)} cores (${cpus()[0]?.model ?? "unknown"}), ${String(Math.round(totalmem() / 2 ** 30))} GiB, Node ${process.version}; a few minutes.`);
const results: BenchResult[] = [];
// In shops of their own, before anything else takes a share of the machine.
if (runs("payments")) results.push(...await benchPayments());
if (runs("allocation")) results.push(...await benchAllocation());
if (runs("tracking")) results.push(...await benchTracking());
const surroundings = await openSurroundings();
try {
  if (runs("bus")) results.push(...await benchBus(surroundings));
  if (runs("limits")) results.push(...await benchLimits(surroundings));
  if (runs("graphql") || runs("queries") || runs("live")) {
    const api = await startBenchApi(surroundings);
    if (runs("graphql")) results.push(...await benchGraphql(surroundings, api));
    if (runs("live")) results.push(...await benchLive(surroundings, api));
    if (runs("queries")) results.push(...await benchQueries(surroundings, api));
    results.push(...await benchMemory(surroundings));
    await api.stop();
  }
} finally {
  await surroundings.close();
}
console.log(table(results));
await writeResults(join(process.cwd(), "bench/results"), "bench.json", results);
console.log("Written to bench/results/bench.json.");
process.exit(0);
