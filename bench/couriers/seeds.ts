import { seededRandom } from "../../src/commands/shipping/choice/chance.js";
import type { ChoiceRequest } from "../../src/commands/shipping/choice/choice.js";
import type { ChooserParameters } from "../../src/commands/shipping/choice/parameters.js";
import { OurDispatcher } from "./ours/driver.js";
import { allKnowing, alwaysCheapest, alwaysThe } from "./rivals/rivals.js";
import { Season, type SeasonResult } from "./truth/season.js";
import { World } from "./truth/world.js";

/** One season played by each. */
export interface Played {
  readonly ours: SeasonResult;
  readonly withoutExploration: SeasonResult;
  readonly cheapest: SeasonResult;
  /** The best of all fixed services, known afterwards. */
  readonly fixed: SeasonResult;
  readonly fixedName: string;
  readonly oracle: SeasonResult;
  /** Some of our last requests, with the season's evidence; chance cannot go from thread to thread. */
  readonly requests: readonly ChoiceRequest[];
}

/** Our chance is drawn from numbers of its own: the season's dice never depend on it, nor it on them. */
export function playOurs(seed: number, parameters: ChooserParameters, explores: boolean): { readonly result: SeasonResult; readonly requests: readonly ChoiceRequest[] } {
  const ours = new OurDispatcher(parameters, explores ? seededRandom(seed + 1_000_003) : null);
  return { result: new Season(new World(seed), seed, ours).play(), requests: ours.requests };
}

export function playOracle(seed: number): SeasonResult {
  const world = new World(seed);
  return new Season(world, seed, allKnowing(world)).play();
}

export function playAll(seed: number, parameters: ChooserParameters): Played {
  const world = new World(seed);
  const { result: ours, requests } = playOurs(seed, parameters, true);
  const fixed = world.services.map(({ courierId, service }) => ({
    fixedName: `${courierId} ${service}`, fixed: new Season(world, seed, alwaysThe(courierId, service)).play(),
  })).reduce((best, one) => (one.fixed.totalMinor < best.fixed.totalMinor ? one : best));
  return {
    ours, requests: requests.map((request) => ({ ...request, random: null })), withoutExploration: playOurs(seed, parameters, false).result,
    cheapest: new Season(world, seed, alwaysCheapest()).play(), ...fixed, oracle: playOracle(seed),
  };
}
