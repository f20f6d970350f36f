import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { moveShipment, recordBooking } from "../../src/commands/shipping/shipment/record-shipment.js";
import { newId } from "../../src/kernel/ids.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { openReadNode, type OpenReadNode } from "../../src/platform/projector/open-read-node.js";
import { asking } from "../support/booked-parcel.js";
import { parcelHistory, tell } from "./parcel-histories.js";
import { ShopApi } from "./shop-api.js";

const query = `query ($from: DateTime!, $to: DateTime!, $courier: String, $service: String, $region: String, $first: Int, $after: String, $last: Int, $before: String) {
  courierScoreboard(from: $from, to: $to, courier: $courier, service: $service, region: $region) {
    refreshedAt weeks(first: $first, after: $after, last: $last, before: $before) {
      nodes { week courier service region bookings bookingFailures calledOff delivered due onTimePercent p50Days p90Days cost { amount currency } returns lost }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}`;

interface Week { readonly week: string; readonly courier: string; readonly service: string | null; readonly region: string; readonly p50Days: number | null; readonly p90Days: number | null }
interface Page { readonly nodes: Week[]; readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean; readonly startCursor: string | null; readonly endCursor: string | null } }

const dayMs = 86_400_000;
const range = { from: new Date(Date.now() - 60 * dayMs).toISOString(), to: new Date(Date.now() + dayMs).toISOString() };

/** What the log says of each label and each refusal; nothing of it comes from the projection. */
const facts = `
  WITH event AS (SELECT type, version, data, data->>'shipmentId' AS id, recorded_at FROM event_log WHERE stream_category = 'shipment')
  SELECT data->>'courierId' AS courier, data->>'service' AS service, data->>'region' AS region, true AS label,
    (data->>'bookedAt')::timestamptz AS "at", (data->>'priceMinor')::int AS "priceMinor", (data->>'promisedDays')::float8 AS "promisedDays",
    (SELECT min(CASE WHEN (t.data->>'occurredAt')::timestamptz BETWEEN (b.data->>'bookedAt')::timestamptz AND t.recorded_at THEN (t.data->>'occurredAt')::timestamptz ELSE t.recorded_at END)
      FROM event t WHERE t.id = b.id AND t.type = 'ShipmentTracked' AND t.data->>'status' = 'delivered') AS delivered,
    (SELECT greatest(0, extract(epoch FROM (h.data->>'handedOverAt')::timestamptz - (b.data->>'handOverBy')::timestamptz))::float8
      FROM event h WHERE h.id = b.id AND h.type = 'ShipmentHandedOver') AS "lateSeconds",
    EXISTS (SELECT FROM event r WHERE r.id = b.id AND r.type = 'ShipmentReturnStarted' AND r.data->>'cause' <> 'left_after_cancellation') AS returned,
    EXISTS (SELECT FROM event l WHERE l.id = b.id AND l.type = 'ShipmentLost'
      AND NOT EXISTS (SELECT FROM event t WHERE t.id = b.id AND t.type = 'ShipmentTracked' AND t.version > l.version)) AS lost,
    EXISTS (SELECT FROM event c WHERE c.id = b.id AND c.type = 'ShipmentCancelled') AS "calledOff"
  FROM event b WHERE type = 'ShipmentBooked'
  UNION ALL
  SELECT data->>'courierId', data->>'service', data->>'region', false, recorded_at, NULL, NULL, NULL, NULL, false, false, false
  FROM event f WHERE type = 'ShipmentAttemptFailed' AND data->>'code' NOT IN ('held_back', 'abandoned')
    AND NOT EXISTS (SELECT FROM event b WHERE b.id = f.id AND b.type = 'ShipmentBooked' AND b.data->>'attempt' = f.data->>'attempt')`;

interface Fact {
  readonly courier: string; readonly service: string | null; readonly region: string; readonly label: boolean; readonly at: Date;
  readonly priceMinor: number | null; readonly promisedDays: number | null; readonly delivered: Date | null; readonly lateSeconds: number | null;
  readonly returned: boolean; readonly lost: boolean; readonly calledOff: boolean;
}

function mondayOf(at: Date): string {
  const day = new Date(at);
  while (day.getUTCDay() !== 1) day.setTime(day.getTime() - dayMs);
  return `${day.toISOString().slice(0, 10)}T00:00:00.000Z`;
}

/** Between two of them the value in between, by the share of the way. */
function percentile(sorted: readonly number[], share: number): number | null {
  if (sorted.length === 0) return null;
  const place = (sorted.length - 1) * share, below = Math.floor(place);
  return sorted[below]! + (sorted[Math.ceil(place)]! - sorted[below]!) * (place - below);
}

function lineOf(all: readonly Fact[], now: number): object {
  const [{ courier, service, region, at }] = all as [Fact];
  const labels = all.filter(({ label }) => label);
  const dueAt = ({ at: booked, promisedDays, lateSeconds }: Fact): number | null =>
    promisedDays === null ? null : booked.getTime() + promisedDays * dayMs + (lateSeconds ?? 0) * 1_000;
  const due = labels.filter((one) => { const end = dueAt(one); return end !== null && (one.delivered !== null || (!one.calledOff && end < now)); });
  const inTime = due.filter((one) => one.delivered !== null && one.delivered.getTime() <= (dueAt(one) ?? 0));
  const days = labels.flatMap(({ delivered, at: booked }) => (delivered === null ? [] : [(delivered.getTime() - booked.getTime()) / dayMs])).toSorted((a, b) => a - b);
  const costMinor = labels.reduce((sum, { priceMinor, calledOff }) => sum + (calledOff ? 0 : priceMinor ?? 0), 0);
  const near = (value: number | null): unknown => (value === null ? null : expect.closeTo(value, 6));
  return {
    week: mondayOf(at), courier, service, region, bookings: labels.length, bookingFailures: all.length - labels.length,
    calledOff: labels.filter(({ calledOff }) => calledOff).length, delivered: days.length, due: due.length,
    onTimePercent: due.length === 0 ? null : Math.round((inTime.length / due.length) * 1_000) / 10,
    p50Days: near(percentile(days, 0.5)), p90Days: near(percentile(days, 0.9)), cost: { amount: (costMinor / 100).toFixed(2), currency: "EUR" },
    returns: labels.filter(({ returned }) => returned).length, lost: labels.filter(({ lost }) => lost).length,
  };
}

describe("the couriers' scoreboard", () => {
  let shop: ShopApi, node: OpenReadNode;
  beforeAll(async () => {
    shop = await ShopApi.start();
    node = await openReadNode({ ...shop.node, logger: createLogger("silent"), poolSize: 1 });
  });
  afterAll(async () => {
    await node.close();
    await shop.stop();
  });

  async function pageOf(variables: object): Promise<Page> {
    const { data, errors } = await shop.ask("operator", query, { ...range, ...variables });
    expect(errors).toBeUndefined();
    expect(data.courierScoreboard.refreshedAt).not.toBeNull();
    return data.courierScoreboard.weeks as Page;
  }

  async function allOf(variables: object, size: number): Promise<Week[]> {
    const found: Week[] = [];
    for (let after: string | null = null, more = true; more;) {
      const { nodes, pageInfo }: Page = await pageOf({ ...variables, first: size, after });
      found.push(...nodes);
      [after, more] = [pageInfo.endCursor, pageInfo.hasNextPage];
    }
    return found;
  }

  /** All lines in the order that was promised. */
  async function truth(): Promise<readonly object[]> {
    const { rows } = await shop.write.pool.query<Fact>(facts);
    const groups = Map.groupBy(rows, ({ courier, service, region, at }) => JSON.stringify([-Date.parse(mondayOf(at)), courier, service ?? "", region]));
    const keys = [...groups.keys()].map((key) => JSON.parse(key) as [number, string, string, string]);
    keys.sort(([week, ...names], [otherWeek, ...otherNames]) => week - otherWeek || (names.join("\0") < otherNames.join("\0") ? -1 : 1));
    return keys.map((key) => lineOf(groups.get(JSON.stringify(key))!, Date.now()));
  }

  it("is the log's own truth, whatever happened, and in whatever order it was told", async () => {
    // A seed instead of its forty parcels: a failure can be read, and shrinking would only take time.
    await fc.assert(fc.asyncProperty(fc.nat(), async (seed) => {
      const histories = fc.sample(parcelHistory, { seed, numRuns: 40 });
      const town = newId().slice(-8);
      const courierOf = (number: number): string => `${["ant", "bee", "cat"][number]!}-${town}`;
      await Promise.all(histories.map((history) => tell(history, courierOf, {
        move: (input) => shop.send(moveShipment, input), book: (input) => shop.send(recordBooking, input),
      })));
      // Sent after all others were kept; itself it counts nowhere.
      const last = { shipmentId: newId(), orderId: newId() };
      const position = await shop.send(moveShipment, { ...last, step: asking(last) });
      expect(await node.reached(position, ["courier_parcel"], 20_000)).toBe(true);
      await shop.refreshViews();
      const expected = await truth();
      expect(await allOf({}, 100)).toEqual(expected);
    }), { numRuns: 3, endOnFailure: true });
  }, 60_000);

  it("comes in pages of one order from both ends, and by courier, service, region and weeks", async () => {
    const whole = await allOf({}, 100);
    expect(whole.length).toBeGreaterThan(20);
    expect(await allOf({}, 7)).toEqual(whole);
    const backward: Week[] = [];
    for (let before: string | null = null, more = true; more;) {
      const { nodes, pageInfo }: Page = await pageOf({ last: 7, before });
      backward.unshift(...nodes);
      [before, more] = [pageInfo.startCursor, pageInfo.hasPreviousPage];
    }
    expect(backward).toEqual(whole);

    const { courier } = whole[0]!;
    const only = (holds: (week: Week) => boolean): Week[] => whole.filter(holds);
    expect(await allOf({ courier }, 100)).toEqual(only((week) => week.courier === courier));
    expect(await allOf({ service: "express", region: "DE-8" }, 100)).toEqual(only((week) => week.service === "express" && week.region === "DE-8"));
    expect(await allOf({ service: "" }, 100)).toEqual(only((week) => week.service === null));
    expect(await allOf({ courier: "nobody" }, 100)).toEqual([]);
    const { week: middle } = whole[Math.floor(whole.length / 2)]!;
    const until = new Date(Date.parse(middle) + 3 * dayMs).toISOString();
    // Both ends lie within that week: it is shown whole.
    expect(await allOf({ from: new Date(Date.parse(middle) + dayMs).toISOString(), to: until }, 100)).toEqual(only(({ week }) => week === middle));
  });

  it("is for operators, within bounds", async () => {
    const codeOf = async (caller: string | null, variables: object): Promise<unknown> =>
      (await shop.ask(caller, query, { ...range, first: 1, ...variables })).errors?.[0]?.extensions.code;
    expect(await codeOf("ann", {})).toBe("FORBIDDEN");
    expect(await codeOf(null, {})).toBe("UNAUTHENTICATED");
    for (const wrong of [{ to: range.from }, { from: "2020-01-01T00:00:00Z" }, { first: 101 }, { first: null }, { after: "nonsense" }, { courier: "a\0b" }, { region: "r".repeat(101) }]) {
      expect([wrong, await codeOf("operator", wrong)]).toEqual([wrong, "BAD_USER_INPUT"]);
    }
  });
});
