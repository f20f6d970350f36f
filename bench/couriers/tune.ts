import { defaultParameters, type ChooserParameters } from "../../src/commands/shipping/choice/parameters.js";
import { seedsFrom, tuningSeed } from "./options.js";
import { playOracle, playOurs } from "./seeds.js";
import { intervalOf } from "./statistics.js";

/** One parameter at a time around the default. */
const changes: readonly Partial<ChooserParameters>[] = [
  {}, ...[5, 7, 10, 21, 28].map((halfLifeDays) => ({ halfLifeDays })), ...[5, 10, 40].map((priorStrength) => ({ priorStrength })),
  ...[2, 8].map((weekdayStrength) => ({ weekdayStrength })), ...[0.005, 0.01, 0.04, 0.08].map((explorationShare) => ({ explorationShare })),
];

const seeds = seedsFrom(tuningSeed, 6);
console.log(`Total cost against the oracle's on the tuning seeds ${String(seeds[0])} to ${String(seeds.at(-1))}, which the bench does not report on.`);
const oracle = seeds.map((seed) => playOracle(seed).totalMinor);
for (const change of changes) {
  const { mean, halfWidth } = intervalOf(seeds.map((seed, index) => playOurs(seed, { ...defaultParameters, ...change }, true).result.totalMinor / oracle[index]!));
  console.log(`${mean.toFixed(4)} ± ${halfWidth.toFixed(4)}  ${Object.keys(change).length === 0 ? "as it is" : JSON.stringify(change)}`);
}
