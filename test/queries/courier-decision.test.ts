import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { replayDecisions } from "../../src/cli/couriers-replay.js";
import { readWeights, WeightsError } from "../../src/commands/shipping/choice/replay.js";
import { weightsOf, type Policy } from "../../src/commands/shipping/choice/policy.js";
import { moveShipment, recordBooking } from "../../src/commands/shipping/shipment/record-shipment.js";
import type { Considered, Weights } from "../../src/events/courier-decisions.js";
import { newId } from "../../src/kernel/ids.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { orderIds } from "../../src/queries/orders/order.type.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";
import { ShopApi } from "./shop-api.js";

const balanced: Policy = { kind: "balanced", costs: { lateDayMinor: 250, failureMinor: 4_000, bookingFailureMinor: 20 } };
const usual = weightsOf(balanced);

function considered(courierId: string, change: Partial<Considered>): Considered {
  return {
    courierId, service: "standard", rank: 1, priceMinor: 500, priceSource: "quoted", promisedDays: 2, breaker: "closed",
    expected: { bookingFailure: 0.01, failure: 0.01, late: 0.1, lateDays: 0.2, days: 2 }, sampleSizes: { bookings: 12.5, outcomes: 8 }, scoreMinor: 590, lost: null, ...change,
  };
}
/** A cheap one that is often late, and a dear one that never is. */
const candidates = [
  considered("dear", { priceMinor: 700, expected: { bookingFailure: 0.01, failure: 0.01, late: 0, lateDays: 0, days: 1 }, scoreMinor: 740 }),
  considered("cheap", { rank: 2, expected: { bookingFailure: 0.01, failure: 0.01, late: 0.6, lateDays: 1.5, days: 4 }, scoreMinor: 915, lost: "lateness" }),
  considered("down", { rank: null, priceMinor: 100, priceSource: "last_known", breaker: "open", lost: "breaker_open" }),
];

const query = `query ($orderId: ID!, $position: String) { courierDecision(orderId: $orderId, position: $position) {
  shipmentId decisions {
    round decidedAt region weightGrams policy weights { price lateDayMinor } seed chosen explored unanswered deadline { days strict }
    candidates { courier service rank price { amount currency } priceSource promisedDays breaker expected { late lateDays failure bookingFailure days } sampleSizes { bookings outcomes } score { amount } lost }
  }
  attempts { attempt round courier service outcome code message endedAt attemptedAt }
} }`;

describe("why a parcel went where it went", () => {
  let shop: ShopApi;
  beforeAll(async () => { shop = await ShopApi.start(); });
  afterAll(() => shop.stop());

  const idsOf = (orderId: string) => ({ shipmentId: newId(), orderId });
  const decide = (ids: ReturnType<typeof idsOf>, changes: object = {}) => {
    const step = asking(ids, "dear");
    const decision = { ...step.decision, weights: usual, policy: "balanced", chosen: { courierId: "dear", service: "standard" }, candidates, unanswered: ["down"], ...changes };
    return shop.send(moveShipment, { ...ids, step: { ...step, decision } });
  };

  it("is told to operators, with every candidate and what each attempt came to", async () => {
    const ids = idsOf(newId());
    await decide(ids);
    await shop.send(moveShipment, {
      ...ids, step: { type: "GiveUpAttempt", attempt: 1, code: "timeout", message: "no answer", inDoubt: true, next: { ...asking(ids, "cheap").next, service: "standard" } },
    });
    await shop.send(moveShipment, { ...ids, step: { type: "SettleAttempt", attempt: 1, outcome: "none" } });
    const position = await shop.send(recordBooking, {
      ...ids, ...bookingFacts, courierId: "cheap", bookingReference: "b", trackingCode: newId(), lines: [], weightGrams: 100, parcelCount: 1, attempt: 2,
    });
    const { data, errors } = await shop.ask("operator", query, { orderId: orderIds.encode(ids.orderId), position });
    expect(errors).toBeUndefined();
    expect(data.courierDecision).toMatchObject([{
      decisions: [{
        round: 1, region: "DE-1", policy: "balanced", weights: { price: 1, lateDayMinor: 250 }, seed: null, chosen: "dear/standard", explored: false, unanswered: ["down"],
        candidates: [
          { courier: "dear", rank: 1, price: { amount: "7.00", currency: "EUR" }, lost: null, breaker: "closed", sampleSizes: { bookings: 12.5 } },
          { courier: "cheap", rank: 2, expected: { late: 0.6, lateDays: 1.5, failure: 0.01 }, score: { amount: "9.15" }, lost: "lateness" },
          { courier: "down", rank: null, priceSource: "last_known", breaker: "open", lost: "breaker_open" },
        ],
      }],
      attempts: [
        { attempt: 1, round: 1, courier: "dear", outcome: "none", code: "timeout", message: "no answer" },
        { attempt: 2, round: 1, courier: "cheap", service: "standard", outcome: "booked", code: null },
      ],
    }]);
  });

  it("is no buyer's business", async () => {
    const variables = { orderId: orderIds.encode(newId()) };
    for (const caller of [null, "c1"]) expect((await shop.ask(caller, query, variables)).errors).toHaveLength(1);
    expect((await shop.ask("operator", query, variables)).data.courierDecision).toEqual([]);
    expect((await shop.ask("operator", query, { orderId: "nonsense" })).errors?.[0]?.extensions["code"]).toBe("BAD_USER_INPUT");
  });

  describe("millrace couriers replay", () => {
    const replay = async (weights: Weights, orders = 1_000) => {
      const lines: string[] = [];
      const code = await replayDecisions({ nodes: [shop.node], logger: createLogger("silent"), weights, orders, currency: "EUR", print: (line) => lines.push(line) });
      return { code, text: lines.join("\n").replaceAll(/ +/g, " ") };
    };
    beforeAll(async () => {
      const orderId = newId();
      for (let parcel = 0; parcel < 3; parcel++) await decide(idsOf(orderId));
      const waits = idsOf(orderId);
      const tried = idsOf(orderId);
      await decide(tried, { chosen: { courierId: "cheap", service: "standard" }, explored: true });
      const step = asking(waits);
      const position = await shop.send(moveShipment, { ...waits, step: { ...step, next: null, decision: { ...step.decision, chosen: null, candidates } } });
      await shop.ask("operator", query, { orderId: orderIds.encode(orderId), position });
    });

    it("shows what other weights would have changed, by what was expected then", async () => {
      const { code, text } = await replay(weightsOf({ kind: "cheapest" }), 1);
      expect(code).toBe(0);
      expect(text).toContain("4 parcels of 1 order decided again, with price=1,day=0,late=0,failure=0,booking=0");
      expect(text).toContain("1 more found no courier then");
      expect(text).toContain("price, EUR 26.00 20.00 -6.00");
      expect(text).toContain("days late 1.5 6.0 +4.5");
      expect(text).toContain("3 parcels (75.0 %) would have gone elsewhere; 1 had gone where they went to try somebody out");
      expect(text).toContain(" cheap 1 4 +3\n dear 3 0 -3");
      expect(text).toContain("expectations of the moment");
    });

    it("under the same weights moves only what had been tried out", async () => {
      expect((await replay(usual, 1)).text).toContain("1 parcel (25.0 %) would have gone elsewhere");
      expect((await replay(usual, 2)).text).toContain("5 parcels of 2 orders");
    });
  });
});

describe("weights that a person writes", () => {
  it("change what they name", () => {
    expect(readWeights("late=0, price=2", usual)).toEqual({ ...usual, lateDayMinor: 0, price: 2 });
  });
  it.each(["lateness=1", "price", "price=", "price=cheap", "price=-1", "price=1=2", "", "price=1,,late=2", "toString=1"])("are named where they make no sense: %j", (text) => {
    expect(() => readWeights(text, usual)).toThrow(WeightsError);
    expect(() => readWeights(text, usual)).toThrow(/price, day, late, failure, booking/);
  });
});
