import { cpus } from "node:os";
import { join } from "node:path";
import { seededRandom } from "../../src/commands/shipping/choice/chance.js";
import type { ChoiceRequest } from "../../src/commands/shipping/choice/choice.js";
import { choose } from "../../src/commands/shipping/choice/choose.js";
import { compare, table, writeResults, type BenchResult } from "../result.js";
import { seedsFrom } from "./options.js";
import { costs } from "./reports.js";
import type { Played } from "./seeds.js";
import { intervalOf } from "./statistics.js";
import { playInThreads } from "./threads.js";
import type { SeasonResult } from "./truth/season.js";
import { parcelCount, seasonDays } from "./truth/world.js";

const players = ["ours", "withoutExploration", "cheapest", "fixed", "oracle"] as const;
type Player = (typeof players)[number];
const names: Readonly<Record<Player, string>> = {
  ours: "ours", withoutExploration: "ours without exploration", cheapest: "always the cheapest", fixed: "best fixed in hindsight", oracle: "all-knowing oracle",
};
const timedMs = 3_000;
const aims = { aboveOracle: 0.1, belowCheapest: 0.15 };

function eachOf(seasons: readonly Played[], player: Player, figure: (result: SeasonResult, season: Played) => number): number[] {
  return seasons.map((season) => figure(season[player], season));
}

const perParcel = (minor: number): number => minor / 100 / parcelCount;

/** What a parcel cost with each of them, in euros; differences are taken season by season, so that common luck cancels out. */
function costTable(seasons: readonly Played[]): string {
  const mean = (player: Player, figure: (result: SeasonResult) => number): string => intervalOf(eachOf(seasons, player, figure)).mean.toFixed(2);
  const rows = players.map((player) => {
    const difference = intervalOf(eachOf(seasons, player, ({ totalMinor }, { ours }) => perParcel(totalMinor - ours.totalMinor)));
    return [
      names[player], mean(player, ({ totalMinor }) => perParcel(totalMinor)), mean(player, ({ priceMinor }) => perParcel(priceMinor)),
      mean(player, ({ lateMinor }) => perParcel(lateMinor)), mean(player, ({ failedMinor, bookingFailedMinor }) => perParcel(failedMinor + bookingFailedMinor)),
      mean(player, ({ lateParcels }) => 100 * lateParcels / parcelCount), mean(player, ({ failedParcels }) => 100 * failedParcels / parcelCount),
      player === "ours" ? "" : `${difference.mean >= 0 ? "+" : ""}${difference.mean.toFixed(3)} ± ${difference.halfWidth.toFixed(3)}`,
    ];
  });
  const lines = [["EUR a parcel", "total", "price", "late", "failed", "late %", "failed %", "against ours (95 %)"], ...rows];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines.map((line) => line.map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))).join("  ")).join("\n");
}

function costResults(seasons: readonly Played[]): BenchResult[] {
  const euros = (player: Player): number => intervalOf(eachOf(seasons, player, ({ totalMinor }) => perParcel(totalMinor))).mean;
  return players.map((player) => compare(`cost-${player.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, "EUR/parcel", { value: euros(player) },
    player === "ours" ? euros("oracle") : euros("ours"), player === "ours" ? "the oracle's" : "ours"));
}

interface Aim {
  readonly text: string;
  readonly reached: boolean;
}

/** An aim counts as reached where the interval's worse end reaches it. */
function aimsOf(seasons: readonly Played[]): Aim[] {
  const above = intervalOf(eachOf(seasons, "oracle", ({ totalMinor }, { ours }) => ours.totalMinor / totalMinor - 1));
  const below = intervalOf(eachOf(seasons, "cheapest", ({ totalMinor }, { ours }) => 1 - ours.totalMinor / totalMinor));
  const dead = eachOf(seasons, "ours", (result) => result.dead.callsAfter);
  const percent = ({ mean, halfWidth }: { readonly mean: number; readonly halfWidth: number }): string => `${(100 * mean).toFixed(1)} ± ${(100 * halfWidth).toFixed(1)} %`;
  const count = (figure: (result: SeasonResult) => number): string => intervalOf(eachOf(seasons, "ours", figure)).mean.toFixed(1);
  return [
    { text: `within 10 % of the oracle: ${percent(above)} above it`, reached: above.mean + above.halfWidth <= aims.aboveOracle },
    { text: `at least 15 % better than always the cheapest: ${percent(below)}`, reached: below.mean - below.halfWidth >= aims.belowCheapest },
    {
      text: `a dead courier gets nothing but probes after 10 s: ${String(Math.max(...dead))} other calls in the worst season, ${String(dead.filter((calls) => calls > 0).length)} of ${String(seasons.length)} `
        + `with any (on average ${count(({ dead: { callsInFirstSeconds } }) => callsInFirstSeconds)} calls before, ${count(({ dead: { probes } }) => probes)} probes in its day)`,
      reached: dead.every((calls) => calls === 0),
    },
  ];
}

/** How many decisions a process makes, on the requests of a season's last days. */
function decisionsPerSecond(requests: readonly ChoiceRequest[], random: ChoiceRequest["random"]): number {
  const asked = requests.map((request) => ({ ...request, random }));
  for (const request of asked) choose(request);
  let decisions = 0;
  const startedMs = performance.now();
  while (performance.now() - startedMs < timedMs) {
    for (const request of asked) choose(request);
    decisions += asked.length;
  }
  return decisions * 1_000 / (performance.now() - startedMs);
}

const seeds = seedsFrom(1, 20);
console.log(`Millrace bench:couriers on ${String(cpus().length)} cores (${cpus()[0]?.model ?? "unknown"}), Node ${process.version}: ${String(seeds.length)} seasons of `
  + `${String(parcelCount)} parcels in ${String(seasonDays)} days. A late day costs ${(costs.lateDayMinor / 100).toFixed(2)}, a failed parcel ${(costs.failureMinor / 100).toFixed(2)}, `
  + `a failed booking ${(costs.bookingFailureMinor / 100).toFixed(2)} EUR. Parameters were chosen on other seeds.`);
const startedMs = performance.now();
const seasons = await playInThreads(seeds, (seed, { ours, oracle, fixedName }) => {
  console.log(`season ${String(seed).padStart(2)}: ours ${(ours.totalMinor / oracle.totalMinor).toFixed(3)} of the oracle's cost, best fixed: ${fixedName}`);
});
const requests = seasons.at(-1)!.requests;
const speed = decisionsPerSecond(requests, null);
const results = [
  ...costResults(seasons),
  compare("decisions", "decisions/s", { value: decisionsPerSecond(requests, seededRandom(7)) }, speed,
    `without exploration; one process, ${(requests.reduce((sum, { candidates }) => sum + candidates.length, 0) / requests.length).toFixed(1)} candidates each, a season's evidence`),
];
console.log(`\n${costTable(seasons)}\n\n${table(results)}\n`);
for (const { text, reached } of aimsOf(seasons)) console.log(`${reached ? "pass" : "MISS"}  ${text}`);
await writeResults(join(process.cwd(), "bench/results"), "bench-couriers.json", results);
console.log(`Written to bench/results/bench-couriers.json after ${((performance.now() - startedMs) / 1_000).toFixed(0)} s.`);
