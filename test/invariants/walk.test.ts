import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { confirmPayment } from "../../src/commands/orders/follow-order.js";
import { paymentIdOf, recordPayment } from "../../src/commands/payments/record-payment.js";
import { shipmentIdOf } from "../../src/commands/shipping/book.job.js";
import type { Verdict } from "../../src/queries/operations/invariant-walk.js";
import { examinedShop } from "../doctor/examined-shop.js";
import { Trader, type Sale } from "../doctor/trader.js";
import { Walker } from "./walked-shop.js";

const shop = examinedShop();
const { start, stop, primary, caughtUp, onPrimary, onNode } = shop;
let trader: Trader;
let walker: Walker;
let sales: Record<"placed" | "paid" | "underway" | "delivered" | "cancelled" | "refunded", Sale>;

beforeAll(async () => {
  await start();
  trader = new Trader(primary().appUrl);
  await trader.stock(["A", "B"], 1_000);
  await trader.register("ada");
  const place = (key: string) => trader.place(key, "ada", [{ sku: "A", quantity: 2 }, { sku: "B", quantity: 3 }]);
  sales = { placed: await place("placed"), paid: await place("paid"), underway: await place("underway"), delivered: await place("delivered"), cancelled: await place("cancelled"), refunded: await place("refunded") };
  for (const sale of [sales.paid, sales.underway, sales.refunded]) await trader.pay(sale);
  await trader.book(sales.underway);
  await trader.track(sales.underway, "left");
  await trader.deliver(sales.delivered);
  await trader.cancel(sales.cancelled);
  await trader.cancel(sales.refunded);
  await trader.refund(sales.refunded);
  await trader.bill();
  await onPrimary("UPDATE pgboss.job SET state = 'completed', completed_on = now() WHERE NOT data->>'correlationId' = ANY($1)", [[sales.placed.orderId, sales.paid.orderId]]);
  await caughtUp();
  walker = await Walker.of(shop, trader);
});

afterAll(async () => {
  await walker.close();
  await trader.close();
  await stop();
});

const said = (verdicts: readonly Verdict[]): string[] => verdicts.map(({ law, key, found }) => `${law} ${key}: ${found ?? "holds"}`);

/** An event that no command wrote, at the end of a stream: it goes to the node as any other does. */
async function forge(category: string, id: string, type: string, data: object): Promise<void> {
  await onPrimary(`INSERT INTO event_log (event_id, stream_category, stream_id, version, type, schema_version, data, metadata, recorded_at)
    SELECT gen_random_uuid(), $1, $2, 1 + (SELECT count(*) FROM event_log WHERE stream_id = $2), $3, 1, $4, '{"actor":"system:test","correlationId":"forged"}', now()`,
  [category, `${category}-${id}`, type, JSON.stringify(data)]);
}

/** An order of its own for a test that breaks it for good. */
function victim(name: string): Promise<Sale> {
  return trader.place(name, "ada", [{ sku: "A", quantity: 2 }]);
}

async function jobsDone(): Promise<void> {
  await onPrimary("UPDATE pgboss.job SET state = 'completed', completed_on = now() WHERE name NOT LIKE '%.dead' AND NOT data->>'correlationId' = ANY($1)", [[sales.placed.orderId, sales.paid.orderId]]);
}

/** Everything that a walk has to look at. */
async function rowsOfNode(): Promise<number> {
  const { rows } = await onNode("SELECT table_name AS name FROM read.projection WHERE state = 'active' AND name IN ('order_card', 'payment_card', 'shipment_card', 'reservation_card', 'stock_level')");
  const counts = await Promise.all(rows.map(async ({ name }) => Number((await onNode(`SELECT count(*) AS rows FROM read.${String(name)}`)).rows[0].rows)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What a walk finds of one order. */
async function foundOf(key: string): Promise<string[]> {
  await jobsDone();
  return said((await walker.walk()).filter((verdict) => verdict.key === key));
}

describe("a healthy shop", () => {
  it("has nothing that is found", async () => {
    expect(await walker.walk()).toEqual([]);
    expect(walker.rows).toBeGreaterThan(10);
  });

  it("is healthy in pages of two as well, and every row is looked at once", async () => {
    const small = await Walker.of(shop, trader, 2);
    try {
      expect(await small.walk()).toEqual([]);
      expect(small.rows).toBe(await rowsOfNode());
    } finally {
      await small.close();
    }
  });

  it("leaves alone what changed a moment ago", async () => {
    const { orderId } = await victim("fresh");
    await jobsDone();
    const patient = await Walker.of(shop, trader, 200, 60_000);
    try {
      expect(await patient.walk()).toEqual([]);
    } finally {
      await patient.close();
    }
    expect(await foundOf(orderId)).toEqual([`order_moves ${orderId}: it is PLACED, and nothing moves it`]);
  });
});

describe("what is broken by the log", () => {
  it("is told once, and told again when it holds", async () => {
    const { orderId } = sales.placed;
    await onPrimary("UPDATE pgboss.job SET state = 'completed' WHERE data->>'correlationId' = $1", [orderId]);
    const broken = [`order_moves ${orderId}: it is PLACED, and nothing moves it`];
    expect(await foundOf(orderId)).toEqual(broken);
    expect(await foundOf(orderId)).toEqual(broken);
    await onPrimary("UPDATE pgboss.job SET state = 'created' WHERE data->>'correlationId' = $1", [orderId]);
    expect(await foundOf(orderId)).toEqual([`order_moves ${orderId}: holds`]);
    expect(await foundOf(orderId)).toEqual([]);
    const { rows } = await onPrimary("SELECT type FROM event_log WHERE stream_id = $1 ORDER BY version", [`invariant-order_moves:${orderId}`]);
    expect(rows.map(({ type }) => String(type))).toEqual(["InvariantBroken", "InvariantMended"]);
  });

  it("a dead letter explains an order that stands still", async () => {
    const { orderId } = await victim("dead letter");
    await jobsDone();
    await onPrimary("INSERT INTO pgboss.job (name, data) VALUES ('payments.charge.dead', jsonb_build_object('correlationId', $1::text))", [orderId]);
    expect(await foundOf(orderId)).toEqual([]);
    await onPrimary("DELETE FROM pgboss.job WHERE name = 'payments.charge.dead'");
    expect(await foundOf(orderId)).toEqual([`order_moves ${orderId}: it is PLACED, and nothing moves it`]);
  });

  it("an order that is paid a cent short", async () => {
    const sale = await victim("short");
    await trader.pay({ ...sale, totalMinor: sale.totalMinor - 1 });
    await trader.book(sale);
    expect(await foundOf(sale.orderId)).toEqual([`paid_is_owed ${sale.orderId}: it is ALLOCATED, and 1 of ${String(sale.totalMinor)} are not paid`]);
  });

  it("an order that was charged twice", async () => {
    const sale = await victim("twice");
    await trader.deliver(sale);
    const { rows: [capture] } = await onPrimary("SELECT data FROM event_log WHERE stream_id = $1", [`payment-${paymentIdOf(sale.orderId)}`]);
    await forge("payment", paymentIdOf(sale.orderId), "PaymentCaptured", capture.data);
    expect(await foundOf(sale.orderId)).toContain(`charged_once ${sale.orderId}: it was charged 2 times`);
  });

  it("a cancelled order that is not refunded, or by a cent too much", async () => {
    const sale = await victim("kept");
    await trader.pay(sale);
    await trader.cancel(sale);
    const { orderId, totalMinor } = sale;
    expect(await foundOf(orderId)).toEqual([`cancelled_is_settled ${orderId}: it is cancelled, and ${String(totalMinor)} are not given back`]);
    await trader.refund(sale);
    expect(await foundOf(orderId)).toEqual([`cancelled_is_settled ${orderId}: holds`]);
    await forge("payment", paymentIdOf(orderId), "PaymentRefunded", { orderId, paymentId: paymentIdOf(orderId), amountMinor: 1, currency: "EUR", provider: "test", refundReference: "re_x", refundId: null, reason: "", cause: "ORDER_CANCELLED" });
    expect(await foundOf(orderId)).toEqual([
      `refunds_bounded ${orderId}: ${String(totalMinor + 1)} were refunded of ${String(totalMinor)} captured`,
      `cancelled_is_settled ${orderId}: it is cancelled, and 1 too much were given back`,
    ]);
  });

  it("an order that was sent and not paid", async () => {
    const sale = await victim("sent");
    const { orderId, totalMinor: amountMinor } = sale;
    const paymentId = paymentIdOf(orderId);
    await trader.send(recordPayment, { type: "RecordAuthorization", paymentId, orderId, attempt: 1, amountMinor, currency: "EUR", provider: "test", providerReference: "pi", expected: { amountMinor, currency: "EUR" }, newsId: null }, `authorize:${orderId}`);
    await trader.send(confirmPayment, { orderId, paymentId, authorized: true }, `paid:${orderId}`);
    await trader.book(sale);
    expect(await foundOf(orderId)).toEqual([]);
    await trader.track(sale, "left");
    expect(await foundOf(orderId)).toEqual([`shipped_is_captured ${orderId}: it is SHIPPED, and nothing is captured of ${String(amountMinor)}`]);
  });

  it("parcels that hold less than was ordered", async () => {
    const sale = await victim("half");
    await trader.pay(sale);
    await trader.book(sale, [[{ sku: "A", quantity: 1 }]]);
    expect(await foundOf(sale.orderId)).toEqual([`parcels_hold_order ${sale.orderId}: its parcels hold 1 less of A than was ordered`]);
  });

  it("an order that says it is delivered while its units are here", async () => {
    const sale = await victim("here");
    await trader.pay(sale);
    await trader.book(sale);
    await forge("order", sale.orderId, "OrderDelivered", { orderId: sale.orderId, shipmentId: shipmentIdOf(sale.orderId, 1, 0) });
    expect(await foundOf(sale.orderId)).toEqual([`stock_follows_order ${sale.orderId}: it is DELIVERED, and 2 of A have not left`]);
  });

  it("money, a parcel and a reservation of an order that there is not", async () => {
    const [byMoney, byParcel, byHold] = ["00000000-0000-5000-8000-000000000001", "00000000-0000-5000-8000-000000000002", "00000000-0000-5000-8000-000000000003"];
    await forge("payment", "p1", "PaymentCaptured", { orderId: byMoney, paymentId: "p1", amountMinor: 1, currency: "EUR", provider: "test", providerReference: "pi_1" });
    await forge("shipment", "s1", "ShipmentBooked", { orderId: byParcel, shipmentId: "s1", courierId: "swift", bookingReference: "b", trackingCode: "t", lines: [], weightGrams: 1, parcelCount: 1 });
    await forge("reservation", "r1", "ReservationMade", { reservationId: "r1", buyer: "customer:ada", lines: [], expiresAt: "2026-01-01T00:00:00.000Z", stock: [] });
    await forge("reservation", "r1", "ReservationClaimed", { reservationId: "r1", orderId: byHold });
    await jobsDone();
    const found = said(await walker.walk());
    expect(found).toContain(`order_exists ${byMoney}: payment p1 is of an order that there is not`);
    expect(found).toContain(`order_exists ${byParcel}: parcel s1 is of an order that there is not`);
    expect(found).toContain(`order_exists ${byHold}: reservation r1 was taken over by an order that there is not`);
  });

  it("a reservation that an order knows nothing of", async () => {
    const { orderId } = sales.delivered;
    await forge("reservation", "r2", "ReservationMade", { reservationId: "r2", buyer: "customer:ada", lines: [], expiresAt: "2026-01-01T00:00:00.000Z", stock: [] });
    await forge("reservation", "r2", "ReservationClaimed", { reservationId: "r2", orderId });
    expect(await foundOf(orderId)).toContain(`reservation_is_claimed ${orderId}: reservation r2 says that it took it over, and the order does not`);
  });
});

describe("what is broken beside the log", () => {
  const law = (): string => `rows_of_${shop.node().name}`;

  it.each<[string, string, string]>([
    ["a ledger that is a cent off", "UPDATE read.ledger_entry_v1 SET amount_minor = amount_minor + $2 WHERE order_id = $1 AND event_type = 'PaymentCaptured' AND account = 'receivable'", "ledger_balances: debits and credits of"],
    ["a payment that is a cent off", "UPDATE read.payment_card_v2 SET captured_minor = captured_minor + $2 WHERE order_id = $1", "ledger_is_payment: the payment has"],
    ["an order that owes a cent more", "UPDATE read.order_card_v3 SET total_minor = total_minor + $2 WHERE order_id = $1", "ledger_is_payment: the order owes"],
  ])("%s", async (_name, sql, text) => {
    const { orderId } = sales.underway;
    expect((await onNode(sql, [orderId, 1])).rowCount).toBe(1);
    const found = await foundOf(orderId);
    await onNode(sql, [orderId, -1]);
    expect(found).toEqual([expect.stringContaining(`${law()} ${orderId}: ${text}`)]);
    expect(await foundOf(orderId)).toEqual([`${law()} ${orderId}: holds`]);
  });

  it("a count of stock that its facts do not know", async () => {
    await onPrimary("UPDATE stock_item SET reserved = reserved + 1 WHERE sku = 'B'");
    const found = await foundOf("B");
    await onPrimary("UPDATE stock_item SET reserved = reserved - 1 WHERE sku = 'B'");
    expect(found).toEqual([expect.stringMatching(/^stock_is_facts B: its facts say \d+ on hand and \d+ reserved/)]);
    expect(await foundOf("B")).toEqual(["stock_is_facts B: holds"]);
  });
});

describe("the walk", () => {
  it("goes on where it was, whoever goes on", async () => {
    const small = await Walker.of(shop, trader, 2);
    const other = await Walker.of(shop, trader, 2);
    try {
      await onPrimary("DELETE FROM invariant_walk");
      await small.step();
      const place = await onPrimary("SELECT leg, after FROM invariant_walk");
      await small.close();
      expect(place.rows[0]).toMatchObject({ leg: "orders", after: expect.stringMatching(/^[0-9a-f-]{36}$/) });
      await other.step();
      const { rows: [next] } = await onPrimary("SELECT leg, after FROM invariant_walk");
      const { rows: ids } = await onNode("SELECT order_id FROM read.order_card_v3 ORDER BY order_id LIMIT 4");
      expect(place.rows[0].after).toBe(ids[1].order_id);
      expect(next.after).toBe(ids[3].order_id);
    } finally {
      await other.close();
    }
  });

  it("takes each step once, however many walk", async () => {
    const walkers = await Promise.all([1, 2, 3].map(() => Walker.of(shop, trader, 2)));
    try {
      await onPrimary("DELETE FROM invariant_walk");
      let taken = 0;
      while (walkers.every(({ walks }) => walks === 0)) taken += (await Promise.all(walkers.map((each) => each.step()))).filter(Boolean).length;
      const { rows: [row] } = await onPrimary("SELECT turn::int AS turn FROM invariant_walk");
      expect(row.turn).toBe(taken);
      const all = await rowsOfNode();
      // One walk, and at most two steps of the next by those who came after its end.
      const looked = walkers.reduce((sum, { rows }) => sum + rows, 0);
      expect(looked).toBeGreaterThanOrEqual(all);
      expect(looked).toBeLessThanOrEqual(all + 4);
    } finally {
      await Promise.all(walkers.map((each) => each.close()));
    }
  });

  it("leaves a step to another when its holder died, and not before", async () => {
    await onPrimary("UPDATE invariant_walk SET due_at = now() + interval '1 hour'");
    expect(await walker.step()).toBe(false);
    await onPrimary("UPDATE invariant_walk SET due_at = now()");
    expect(await walker.step()).toBe(true);
  });
});
