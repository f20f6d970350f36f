import { afterAll, afterEach, beforeAll, describe, expect } from "@jest/globals";
import { lastUnits } from "./last-units.races.js";
import { raceWithinMs, RaceShop } from "./race-shop.js";
import { sameKey } from "./same-key.races.js";
import { waitingRoom } from "./waiting-room.races.js";

/** Races that need nothing of their own, before the same processes: to start these takes longer than a race. */
describe("one shop of four API processes", () => {
  let shop: RaceShop;

  beforeAll(async () => {
    // A ticket is followed as soon as it is taken: the read node may be slow, and is waited for.
    shop = await RaceShop.open({ settings: { POSITION_WAIT_MS: "20000" } });
  }, raceWithinMs);

  afterEach(async () => {
    expect(await shop.problems()).toEqual([]);
  }, raceWithinMs);

  afterAll(async () => {
    await (shop as RaceShop | undefined)?.close();
  }, raceWithinMs);

  sameKey(() => shop);
  lastUnits(() => shop);
  waitingRoom(() => shop);
});
