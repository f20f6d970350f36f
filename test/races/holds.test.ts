import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { acknowledged, apiCount, raceWithinMs, RaceShop } from "./race-shop.js";
import { tally, type Heard, type Verb } from "./race-client.js";

const owners = 40;
/** Milliseconds from the end of a hold: who acts shortly before, at, and shortly after it. */
const offsets = [-60, -20, -5, 0, 5, 20, 60];

/** What became of the claims, and of those who came for the same units. */
interface Claimed {
  readonly claims: readonly Heard[];
  readonly rivals: readonly Heard[];
}

/** What a reservation's end races with. The sweeper is as quick as it can be, so that it is part of each race. */
describe("reservations whose end is wanted by two at once", () => {
  let shop: RaceShop;
  let buyers: readonly string[];

  beforeAll(async () => {
    shop = await RaceShop.open({ settings: { RESERVATION_SECONDS: "1", SWEEP_MS: "20" } });
    buyers = await shop.buyers(2 * owners);
  }, raceWithinMs);

  afterEach(async () => {
    expect(await shop.problems()).toEqual([]);
  }, raceWithinMs);

  afterAll(async () => {
    await (shop as RaceShop | undefined)?.close();
  }, raceWithinMs);

  /** The first half of the buyers, one API after the other. */
  const reserveEach = async (verb: Verb, linesOf: (nth: number) => readonly object[]): Promise<readonly Heard[]> => {
    const held = await Promise.all(buyers.slice(0, owners).map((buyer, nth) => shop.client.insist(nth, buyer, verb, { lines: linesOf(nth) })));
    expect(tally(held)).toEqual({ DONE: owners });
    return held;
  };
  const claim = ({ caller, outcome }: Heard, nth: number): Promise<Heard> => shop.client.insist(nth, caller, "placeOrder", { reservationId: outcome!["reservationId"] });
  /** Resolves so many milliseconds from the end of that hold, by the primary's clock. */
  const untilEndOf = ({ outcome }: Heard, offsetMs: number): Promise<void> =>
    shop.primaryReaches(new Date(Date.parse(String(outcome!["expiresAt"])) + offsetMs).toISOString());

  /** Everybody comes for what he holds when the hold ends, and so does a rival who has held nothing. */
  const claimAtTheEnd = async (held: readonly Heard[], rival: (buyer: string, nth: number) => Promise<Heard>): Promise<Claimed> => {
    const [claims, rivals] = await Promise.all([
      Promise.all(held.map(async (each, nth) => {
        await untilEndOf(each, offsets[nth % offsets.length]!);
        return claim(each, nth);
      })),
      Promise.all(held.map(async (each, nth) => {
        await untilEndOf(each, offsets[(nth + 2) % offsets.length]!);
        return rival(buyers[owners + nth]!, nth);
      })),
    ]);
    return { claims, rivals };
  };

  /** Who is late has the unit all the same where nobody else took it: so every unit is sold, and to one. */
  const ofOneOwnerEach = async (sku: string, { claims, rivals }: Claimed, goneWord: string): Promise<void> => {
    const { DONE: claimed = 0, ...late } = tally(claims);
    expect(late).toEqual(claimed < owners ? { RESERVATION_EXPIRED: owners - claimed } : {});
    const { DONE: bought = 0, ...beaten } = tally(rivals);
    expect([bought, beaten]).toEqual([owners - claimed, bought < owners ? { [goneWord]: owners - bought } : {}]);
    expect(await shop.ordersOf(sku)).toEqual(acknowledged([...claims, ...rivals]));
    expect(await shop.rows("SELECT FROM hold_line WHERE sku = $1 AND quantity > 0", [sku])).toEqual([]);
  };

  it("claims come at the very end of the holds, and others order the same units: each unit has one owner", async () => {
    const sku = await shop.product(owners);
    const lines = [{ sku, quantity: 1 }];
    const rival = (buyer: string, nth: number): Promise<Heard> => shop.client.insist(nth + 1, buyer, "placeOrder", { lines });
    await ofOneOwnerEach(sku, await claimAtTheEnd(await reserveEach("reserveStock", () => lines), rival), "OUT_OF_STOCK");
  }, raceWithinMs);

  it("and so it is in a sale", async () => {
    const { sku, saleId } = await shop.sale(owners, { holdSeconds: 1, limitPerCustomer: 1 });
    const lines = [{ sku, quantity: 1, saleId }];
    const rival = (buyer: string, nth: number): Promise<Heard> => shop.client.insist(nth + 1, buyer, "placeOrder", { lines });
    await ofOneOwnerEach(sku, await claimAtTheEnd(await reserveEach("reserveStock", () => lines), rival), "OUT_OF_STOCK");
  }, raceWithinMs);

  it("and so it is with numbered seats, each wanted by its holder and by somebody else", async () => {
    const sku = await shop.seats(owners);
    const seat = (nth: number): readonly object[] => [{ sku, unitIds: [`A-${String(nth + 1)}`] }];
    const rival = async (buyer: string, nth: number): Promise<Heard> => {
      const reserved = await shop.client.insist(nth + 1, buyer, "reserveUnits", { lines: seat(nth) });
      return reserved.word === "DONE" ? claim(reserved, nth + 2) : reserved;
    };
    await ofOneOwnerEach(sku, await claimAtTheEnd(await reserveEach("reserveUnits", seat), rival), "UNIT_TAKEN");
    expect(await shop.rows("SELECT count(DISTINCT order_id)::int AS owners, count(*)::int AS seats FROM stock_unit WHERE sku = $1 AND state = 'sold'", [sku])).toEqual([{ owners, seats: owners }]);
  }, raceWithinMs);

  it("one process releases what another claims: one of them wins, and the other hears of it", async () => {
    const { sku, saleId } = await shop.sale(owners, { holdSeconds: 600, limitPerCustomer: 1 });
    const held = await reserveEach("reserveStock", () => [{ sku, quantity: 1, saleId }]);
    const pairs = await Promise.all(held.map((each, nth) => {
      const release = (): Promise<Heard> => shop.client.insist(nth + 1 + (nth % (apiCount - 1)), each.caller, "releaseReservation", { reservationId: each.outcome!["reservationId"] });
      return nth % 2 === 0 ? Promise.all([release(), claim(each, nth)]) : Promise.all([claim(each, nth), release()]).then(([claimed, released]) => [released, claimed] as const);
    }));
    const words = pairs.map(([released, claimed]) => `release ${released.word}, claim ${claimed.word}`);
    expect(new Set([...words, "release DONE, claim RESERVATION_RELEASED", "release RESERVATION_CLAIMED, claim DONE"]).size).toBe(2);
    const claims = pairs.map(([, claimed]) => claimed);
    expect(await shop.ordersOf(sku)).toEqual(acknowledged(claims));
    const sold = acknowledged(claims).length;
    expect(await shop.rows("SELECT sold::int, held::int, left_units::int FROM sale WHERE sku = $1", [sku])).toEqual([{ sold, held: 0, left_units: owners - sold }]);
  }, raceWithinMs);
});
