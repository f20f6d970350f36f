import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { table, writeResults, type BenchResult } from "../result.js";
import { readOptions, usage, type SaleOptions } from "./options.js";
import { askPrimary } from "./primary-truth.js";
import { reportFifty, reportHandClosed, reportHandSpike, reportTruth } from "./report-rest.js";
import { bestOf, reportCapacity, reportSale, type Capacity } from "./report-sale.js";
import { SaleRun, type ClosedFigures, type SaleFigures } from "./sale-run.js";
import { openShop, type Shop } from "./shop.js";

const handPools = [10, 200];
const manyBuyers = 1_000;
/** Where only the server by hand is run, and nothing tells what Millrace can take. */
const spikeRateWithoutCapacity = 4_000;

const say = (line: string): void => { console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`); };

async function measureHand(run: SaleRun): Promise<Map<number, ClosedFigures>> {
  const found = new Map<number, ClosedFigures>();
  for (const pool of handPools) {
    say(`By hand with a pool of ${String(pool)}: ${String(manyBuyers)} buyers, closed loop.`);
    found.set(pool, await run.closedByHand(pool, manyBuyers));
  }
  return found;
}

async function measureCapacity(run: SaleRun, { target }: Shop): Promise<Capacity> {
  say("Capacity: 200 and 1,000 buyers, closed loop.");
  const capacity = { at200: await run.closed(target, 200), at1000: await run.closed(target, manyBuyers) };
  say(`Best steady rate: ${bestOf(capacity).toFixed(0)} orders/s.`);
  return capacity;
}

async function settle(shop: Shop, { settleSeconds }: SaleOptions): Promise<void> {
  say("Waiting for the jobs of what was ordered.");
  const left = await shop.settle(settleSeconds * 1_000);
  if (left > 0) say(`${String(left)} jobs are left; going on.`);
}

async function measure(shop: Shop, options: SaleOptions): Promise<BenchResult[]> {
  const run = new SaleRun(shop, options);
  const results: BenchResult[] = [];
  const wants = (part: "sale" | "fifty" | "by-hand"): boolean => options.parts.has(part);
  // By hand first: Millrace is up and idle, and nothing that it has to work off is in the way.
  const hand = wants("by-hand") ? await measureHand(run) : new Map<number, ClosedFigures>();
  let sale: SaleFigures | null = null;
  let spikeRate = options.spikeRate ?? spikeRateWithoutCapacity;
  if (wants("sale")) {
    const capacity = await measureCapacity(run, shop);
    spikeRate = options.spikeRate ?? options.factor * bestOf(capacity);
    results.push(...reportCapacity(capacity), ...reportHandClosed(capacity.at1000, hand));
    await settle(shop, options);
    say(`The sale: ${(spikeRate / 10).toFixed(0)}, then ${spikeRate.toFixed(0)}, then ${(spikeRate / 10).toFixed(0)} clicks/s.`);
    sale = await run.sale(shop.target, spikeRate);
    results.push(...reportSale(sale, bestOf(capacity)));
  }
  if (wants("fifty")) say("Fifty units.");
  const fifty = wants("fifty") ? await run.fifty() : null;
  const truth = await askPrimary(shop.surroundings.servers.primary.adminUrl, run.acknowledged);
  results.push(...reportTruth(truth, run.acknowledged.size));
  if (fifty) results.push(...reportFifty(fifty, truth));
  if (wants("by-hand")) {
    await shop.stopMillrace();
    const spikes = new Map<number, SaleFigures>();
    for (const pool of handPools) {
      say(`The same spike at the server by hand with a pool of ${String(pool)}.`);
      spikes.set(pool, await run.saleByHand(pool, spikeRate));
    }
    results.push(...reportHandSpike(sale, spikes));
  }
  return results;
}

async function main(options: SaleOptions): Promise<void> {
  console.log(`Millrace sale on ${String(cpus().length)} cores (${cpus()[0]?.model ?? "unknown"}), ${String(Math.round(totalmem() / 2 ** 30))} GiB, Node ${process.version}; some minutes.`);
  const shop = await openShop(options);
  let results: BenchResult[];
  try {
    results = await measure(shop, options);
  } finally {
    await shop.close();
  }
  console.log(table(results));
  await writeResults(join(process.cwd(), "bench/results"), "bench-sale.json", results);
  console.log("Written to bench/results/bench-sale.json.");
  if (results.some(({ note }) => note.includes("MISS"))) console.log("Some aims were missed: see MISS above.");
}

let options: SaleOptions;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exit(1);
}
await main(options);
process.exit(0);
