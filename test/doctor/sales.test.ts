import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { examinedShop, type Change } from "./examined-shop.js";
import { SaleTrader } from "./sale-trader.js";
import type { Sale } from "./trader.js";

const { start, stop, primary, look, caughtUp, onPrimary, onLog, damaged, keptAside } = examinedShop();
let trader: SaleTrader;
let saleId: string;
let ended: string;
let orders: Record<"direct" | "claimed" | "late" | "cancelled" | "reclaiming", Sale>;
let reservations: Record<"held" | "claimed" | "lost", string>;

beforeAll(async () => {
  await start();
  trader = new SaleTrader(primary().appUrl);
  await trader.stock(["A", "B", "C"], 100);
  for (const customer of ["ann", "bob", "carl", "dora"]) await trader.register(customer);
  saleId = await trader.schedule("sale", "A");
  const inSale = (quantity: number) => ({ sku: "A", quantity, saleId });
  const reserve = async (key: string, buyer: string, ...lines: Parameters<SaleTrader["change"]>[2][]): Promise<string> => (await trader.reserve(key, buyer, ...lines)).reservationId;

  // Held, changed, released, claimed by its customer and by a guest who signed in, cancelled, sent out.
  const held = await reserve("held", "customer:bob", inSale(1), { sku: "B", quantity: 2, saleId: null });
  await trader.change(held, "customer:bob", inSale(2), { sku: "B", quantity: 1, saleId: null }, { sku: "C", quantity: 4, saleId: null });
  await trader.release(await reserve("released", "customer:dora", inSale(1), { sku: "B", quantity: 2, saleId: null }), "customer:dora");
  const claimed = await reserve("claimed", "guest:g", inSale(1), { sku: "C", quantity: 1, saleId: null });
  const [direct, cancelled] = [await trader.place("direct", "ann", [inSale(2), { sku: "B", quantity: 1 }]), await trader.place("cancelled", "carl", [inSale(2), { sku: "C", quantity: 2 }])];
  const ofClaim = await trader.claim(claimed, "ann", "guest:g");
  await trader.cancel(cancelled);
  await trader.deliver(await trader.place("delivered", "dora", [inSale(1)]));

  // A short sale: a hold that was swept and claimed late, one whose units somebody else needed, one that is over and not yet swept.
  const short = await trader.schedule("short", "B", { allocation: 6, limitPerCustomer: null, holdSeconds: 1 });
  const inShort = (quantity: number) => ({ sku: "B", quantity, saleId: short });
  const swept = await trader.reserve("swept", "customer:ann", inShort(1));
  const lost = await trader.reserve("lost", "customer:bob", inShort(2));
  const last = await trader.reserve("unswept", "customer:carl", inShort(1), { sku: "C", quantity: 1, saleId: null });
  await isOver(last.expiresAt);
  await trader.expire(swept.reservationId);
  const late = await trader.claim(swept.reservationId, "ann");
  const reclaiming = await trader.place("reclaiming", "dora", [inShort(4)]);

  // A sale that ended with units held and sold, and one that was called off.
  ended = await trader.schedule("ended", "C", { allocation: 5 });
  const back = await trader.place("back", "ann", [{ sku: "C", quantity: 2, saleId: ended }]);
  const after = await reserve("after", "customer:bob", { sku: "C", quantity: 1, saleId: ended });
  await trader.reserve("kept", "customer:dora", { sku: "C", quantity: 1, saleId: ended });
  await trader.end(ended);
  await trader.cancel(back);
  await trader.claim(after, "bob");
  await trader.end(await trader.schedule("never", "C"), "cancelled");

  orders = { direct, claimed: ofClaim, late, cancelled, reclaiming };
  reservations = { held, claimed, lost: lost.reservationId };
  await caughtUp();
});

afterAll(async () => {
  await trader.close();
  await stop();
});

/** Waits until a moment has passed on the primary. */
async function isOver(moment: string): Promise<void> {
  for (;;) {
    const { rows } = await onPrimary("SELECT clock_timestamp() >= $1::timestamptz AS over", [moment]);
    if ((rows[0] as { over: boolean }).over) return;
  }
}

/** Changes one row and back again. */
function changed(table: string, key: string, set: string, back: string): readonly [Change, readonly Change[]] {
  return [[onPrimary, `UPDATE ${table} SET ${set} WHERE id = $1`, [key]], [[onPrimary, `UPDATE ${table} SET ${back} WHERE id = $1`, [key]]]];
}

/** Takes rows away and puts them back. */
async function without(on: typeof onPrimary, table: string, where: string, values: unknown[]): Promise<readonly [Change, readonly Change[]]> {
  const back = await keptAside(on, table, where, values);
  return [[on, `DELETE FROM ${table} WHERE ${where}`, values], [back]];
}

/** Changes an event's data; it is put back from a copy, since JSON that was changed and changed back is not the same to the letter. */
async function rewritten(streamId: string, version: number, path: string, value: string): Promise<readonly [Change, readonly Change[]]> {
  const where = "stream_id = $1 AND version = $2";
  const back = await keptAside(onLog, "event_log", where, [streamId, version]);
  return [
    [onPrimary, `UPDATE event_log SET data = jsonb_set(data::jsonb, $3::text[], $4::jsonb)::json WHERE ${where}`, [streamId, version, path, value]],
    [[onLog, `DELETE FROM event_log WHERE ${where}`, [streamId, version]], back],
  ];
}

describe("a shop with sales and reservations in every state", () => {
  it("has nothing that fails and nothing to be known", async () => {
    const findings = await look();
    expect(findings.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
    for (const check of ["sale_equations", "sale_limits", "reservation_lines", "reservations", "sweeper", "stock_reserved"]) {
      expect(findings.find((finding) => finding.check === check && finding.where === "primary")?.message).toMatch(check === "sweeper" ? /nothing/ : /[1-9]\d* (sales|buyers|lines|reservations|SKUs)$/);
    }
  });

  it("is well while units are held, claimed, given back and sold", async () => {
    let isOver = false;
    const goOn = (): boolean => !isOver;
    const busySale = await trader.schedule("busy", "C", { allocation: 20, limitPerCustomer: null });
    const line = { sku: "C", quantity: 1, saleId: busySale };
    const trading = (async () => {
      for (let number = 0; goOn(); number += 1) {
        const { reservationId } = await trader.reserve(`busy ${String(number)}`, "customer:dora", line);
        if (number % 2 === 0) await trader.release(reservationId, "customer:dora");
        else await trader.cancel(await trader.claim(reservationId, "dora"));
      }
    })();
    try {
      for (let round = 0; round < 3; round += 1) expect((await look()).filter(({ verdict }) => verdict === "FAIL")).toEqual([]);
    } finally {
      isOver = true;
      await trading;
    }
  });
});

describe("damage to sales", () => {
  beforeEach(caughtUp);

  it("names units that are left in none, and the SKU whose reserved units they were", async () => {
    const failing = await damaged(...changed("sale", saleId, "left_units = left_units - 1", "left_units = left_units + 1"));
    expect(Object.keys(failing).sort()).toEqual(["sale_equations", "stock_reserved"]);
    expect(failing["sale_equations"]).toMatch(new RegExp(`sale ${saleId}: left, held and sold are 1, 2, 4, and its facts add up to 2, 2, 4; left \\+ held \\+ sold is 7, set aside were 8`));
    expect(failing["stock_reserved"]).toContain("A: reserved is 7, open orders hold 3, reservations 2, and 1 are left in sales");
  });

  it("names counters that are not what reservations and orders say", async () => {
    const failing = await damaged(...changed("sale", saleId, "held = held - 1, sold = sold + 1", "held = held + 1, sold = sold - 1"));
    expect(Object.keys(failing)).toEqual(["sale_equations"]);
    expect(failing["sale_equations"]).toContain("held is 1, reservations hold 2; sold is 5, orders have 4");
  });

  it("names a sale with another price than it was scheduled with", async () => {
    const failing = await damaged(...changed("sale", saleId, "price_minor = 1", "price_minor = 200"));
    expect(failing).toEqual({ sale_equations: expect.stringContaining(`sale ${saleId}: its terms are not those that it was scheduled with`) });
  });

  it("names a sale that was ended by no event, and one whose end is gone", async () => {
    expect((await damaged(...changed("sale", saleId, "ended = true", "ended = false")))["sale_equations"]).toContain("it has ended, and 2 are left in it; its row and its stream do not agree");
    const failing = await damaged(...await without(onLog, "event_log", "stream_id = $1 AND version = 2", [`sale-${ended}`]));
    expect(failing["sale_equations"]).toMatch(new RegExp(`sale ${ended}: its facts have no version \\d+ .*; its row and its stream do not agree`));
  });

  it("names a fact that does not go on where the one before it ended", async () => {
    const failing = await damaged(...await rewritten(`order-${orders.direct.orderId}`, 1, "{sales,0,left}", "99"));
    expect(failing["sale_equations"]).toMatch(new RegExp(`sale ${saleId}: the fact of version \\d+ is not the sum of those before it`));
  });

  it("names a sale whose row is gone", async () => {
    const failing = await damaged(...await without(onPrimary, "sale", "id = $1", [saleId]));
    expect(failing["sale_equations"]).toContain(`sale ${saleId}: there is no row of it`);
  });

  it("names a buyer who has bought more than is counted, and one above the limit", async () => {
    const counted = await damaged(...changed("sale_buyer", `${saleId}/customer:ann`, "bought = bought - 1", "bought = bought + 1"));
    expect(counted).toEqual({ sale_limits: expect.stringContaining(`${saleId}, customer:ann: 2 count as bought, orders have 3`) });
    const above = await damaged(...changed("sale", saleId, "limit_per_customer = 1", "limit_per_customer = 3"));
    expect(above["sale_limits"]).toContain(`${saleId}, customer:bob: 0 bought and 2 held, the limit is 1`);
    expect(above["sale_limits"]).toContain(`${saleId}, customer:ann: 3 bought and 0 held, the limit is 1`);
  });
});

describe("damage to reservations", () => {
  beforeEach(caughtUp);

  it("names a line that holds nothing any more", async () => {
    const failing = await damaged(...await without(onPrimary, "hold_line", "id = $1", [`${reservations.held}/C`]));
    expect(Object.keys(failing).sort()).toEqual(["reservation_lines", "stock_reserved"]);
    expect(failing["reservation_lines"]).toContain(`reservation ${reservations.held}, C: 4 are reserved, and nothing holds them`);
  });

  it("names a line that holds more than was reserved, or for somebody else", async () => {
    const more = await damaged(...changed("hold_line", `${reservations.held}/B`, "quantity = 2", "quantity = 1"));
    expect(more["reservation_lines"]).toContain(`reservation ${reservations.held}, B: 2 are held, 1 are reserved`);
    const other = await damaged(...changed("hold_line", `${reservations.held}/B`, "buyer = 'customer:eve'", "buyer = 'customer:bob'"));
    expect(other).toEqual({ reservation_lines: expect.stringContaining("its line has another buyer, sale or end than its stream") });
  });

  it("names units that were taken from a hold before its time was over", async () => {
    const failing = await damaged(...changed("hold_line", `${reservations.held}/B`, "quantity = 0", "quantity = 1"));
    expect(failing["reservation_lines"]).toContain(`reservation ${reservations.held}, B: 0 are held, 1 are reserved`);
  });

  it("names a line that no reservation has", async () => {
    const failing = await damaged(
      [onPrimary, "INSERT INTO hold_line SELECT 'ghost/C', 'ghost', sku, quantity, NULL, buyer, expires_at FROM hold_line WHERE id = $1", [`${reservations.held}/C`]],
      [[onPrimary, "DELETE FROM hold_line WHERE id = 'ghost/C'"]]);
    expect(failing["reservation_lines"]).toContain("reservation ghost, C: 4 are held, and no open reservation has them");
    expect(failing["stock_reserved"]).toMatch(/C: reserved is \d+/);
  });

  it("names a claim that the reservation does not know of", async () => {
    const { claimed } = reservations;
    const failing = await damaged(...await without(onLog, "event_log", "stream_id = $1 AND version = 2", [`reservation-${claimed}`]));
    expect(failing["reservations"]).toContain(`reservation ${claimed}: its stream says that nobody claimed it, and order ${orders.claimed.orderId} did`);
    expect(failing["reservation_lines"]).toContain(`reservation ${claimed}, A: 1 are reserved, and nothing holds them`);
  });

  it("names a stream that goes on after its end", async () => {
    const streamId = `reservation-${reservations.claimed}`;
    const failing = await damaged(
      [onLog, `INSERT INTO event_log (event_id, stream_category, stream_id, version, type, data, metadata, recorded_at)
        SELECT gen_random_uuid(), stream_category, stream_id, 3, 'ReservationExpired', '{"stock":[],"sales":[]}', metadata, recorded_at FROM event_log WHERE stream_id = $1 AND version = 1`, [streamId]],
      [[onLog, "DELETE FROM event_log WHERE stream_id = $1 AND version = 3", [streamId]]]);
    expect(failing["reservations"]).toContain(`reservation ${reservations.claimed}: its steps MKE are none that the rules allow`);
  });

  it("tells that nobody sweeps", async () => {
    const where = "stream_id = $1 AND version = 1";
    const values = [`reservation-${reservations.lost}`];
    const back = await keptAside(onLog, "event_log", where, values);
    const told = await damaged(
      [onPrimary, `UPDATE event_log SET data = jsonb_set(data::jsonb, '{expiresAt}', '"2026-01-01T00:00:00.000Z"')::json WHERE ${where}`, values],
      [[onLog, `DELETE FROM event_log WHERE ${where}`, values], back], "warn");
    expect(told).toEqual({ sweeper: expect.stringContaining(`reservation ${reservations.lost} was over at 2026-01-01T00:00:00`) });
  });
});

describe("damage to what orders say of stock and sales", () => {
  beforeEach(caughtUp);
  const named = (sale: Sale, type: string) => expect.stringContaining(`order ${sale.orderId}: the stock facts of ${type} at version`);

  it("names an order that took nothing out of its sale", async () => {
    const failing = await damaged(...await rewritten(`order-${orders.direct.orderId}`, 1, "{sales}", "[]"));
    expect(failing["orders_stock_facts"]).toEqual(named(orders.direct, "OrderPlaced"));
  });

  it("names a claim that set units aside a second time", async () => {
    const twice = [{ sku: "C", onHandDelta: 0, reservedDelta: 2, onHand: 1, reserved: 1, version: 1 }];
    const failing = await damaged(...await rewritten(`order-${orders.claimed.orderId}`, 1, "{stock}", JSON.stringify(twice)));
    expect(failing["orders_stock_facts"]).toEqual(named(orders.claimed, "OrderPlaced"));
  });

  it("names a hold that gave back another number than it held", async () => {
    const failing = await damaged(...await rewritten(`order-${orders.reclaiming.orderId}`, 1, "{sales,0,expired,quantity}", "1"));
    expect(failing["orders_stock_facts"]).toEqual(named(orders.reclaiming, "OrderPlaced"));
  });

  it("names a cancelled order whose units went nowhere", async () => {
    const failing = await damaged(...await rewritten(`order-${orders.cancelled.orderId}`, 2, "{sales}", "[]"));
    expect(failing["orders_stock_facts"]).toEqual(named(orders.cancelled, "OrderCancelled"));
  });
});
