import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { examineInvoices } from "../../src/cli/doctor/check-invoices.js";
import type { OrderPlaced } from "../../src/events/orders.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { openShop, type Shop } from "../bus/shop.js";
import { Books, placedOrder, shippingRate } from "./paid-orders.js";

/** Two billed orders, one with a credit note, and one whose job waits; each test damages them, looks, and mends them. */
describe("the doctor's laws of invoices", () => {
  let shop: Shop;
  let books: Books;
  let plain: OrderPlaced;
  let credited: OrderPlaced;
  let waiting: OrderPlaced;
  beforeAll(async () => {
    shop = await openShop();
    books = new Books({ bus: shop.process(), pool: shop.pool, terms: { yearAt: () => 2026, shippingTaxBasisPoints: shippingRate } });
    [plain, credited, waiting] = [await books.paid(), await books.paid(), await books.paid()];
    await books.refunded(credited, 100);
    await books.work(plain.orderId);
    await books.work(credited.orderId);
    await change("UPDATE pgboss.job SET state = 'completed', completed_on = now() WHERE data->>'correlationId' <> $1", waiting.orderId);
  });
  afterAll(() => shop.close());

  const change = async (sql: string, ...values: unknown[]): Promise<number> =>
    withClient({ url: shop.primary.adminUrl }, async (client) => (await client.query(sql, values)).rowCount ?? 0);

  /** What was found wrong, by check. */
  async function look(): Promise<Record<string, string>> {
    const wrong = (await withClient({ url: shop.primary.appUrl }, examineInvoices)).filter(({ problems }) => problems.length > 0);
    return Object.fromEntries(wrong.map(({ check, problems }) => [check, problems.map(({ text }) => text).join("\n")]));
  }

  /** Damages, looks, and puts everything back. */
  async function damaged(sql: string, ...values: unknown[]): Promise<Record<string, string>> {
    const tables = ["event_log", "invoice_counter", "pgboss.job"];
    for (const table of tables) await change(`CREATE TABLE kept_${table.replace(".", "_")} AS SELECT * FROM ${table}`);
    try {
      expect(await change(sql, ...values)).toBeGreaterThan(0);
      return await look();
    } finally {
      for (const table of tables) {
        const kept = `kept_${table.replace(".", "_")}`;
        await change(`DELETE FROM ${table}`);
        await change(`INSERT INTO ${table} ${table === "event_log" ? "OVERRIDING SYSTEM VALUE" : ""} SELECT * FROM ${kept}`);
        await change(`DROP TABLE ${kept}`);
      }
    }
  }

  beforeEach(async () => { expect(await look()).toEqual({}); });

  it("hold for orders that are billed, that wait for it, and that were paid before there were invoices", async () => {
    expect(await damaged("UPDATE event_log SET recorded_at = '2020-01-01' WHERE stream_id = $1", `order-${waiting.orderId}`)).toEqual({});
    expect(await damaged("UPDATE pgboss.job SET state = 'completed' WHERE data->>'correlationId' = $1", waiting.orderId))
      .toEqual({ invoices: `order ${waiting.orderId}: it was paid, has no invoice, and no job issues it` });
  });

  it("see a gap, a double, and a counter that says something else", async () => {
    const first = `invoice-${plain.orderId}`;
    const set = (path: string, value: string) => `UPDATE event_log SET data = jsonb_set(data::jsonb, '{${path}}', '${value}')::json WHERE stream_id = $1`;
    expect(await damaged(set("sequence", "3"), first)).toEqual({ invoice_numbers: "INV/2026: 2 numbers are from 2 to 3; the counter is at 2, the last number is 3" });
    expect(await damaged(set("sequence", "2"), first)).toEqual({ invoice_numbers: "INV/2026: 2 documents have 1 numbers; 1 numbers are from 2 to 2" });
    expect(await damaged(set("year", "2025"), first)).toEqual({
      invoice_numbers: "INV/2025: the counter is at 0, the last number is 1\nINV/2026: 1 numbers are from 2 to 2",
    });
    expect(await damaged("UPDATE invoice_counter SET last_number = 9 WHERE series = 'CN/2026'")).toEqual({ invoice_numbers: "CN/2026: the counter is at 9, the last number is 1" });
    expect(await damaged("INSERT INTO invoice_counter VALUES ('CN/2027', 4)")).toEqual({ invoice_numbers: "CN/2027: the counter is at 4, the last number is 0" });
  });

  it("see documents that are not of the money that was moved", async () => {
    expect(await damaged("UPDATE event_log SET data = jsonb_set(data::jsonb, '{totalMinor}', '1713')::json WHERE stream_id = $1", `invoice-${plain.orderId}`))
      .toEqual({ invoices: `order ${plain.orderId}: its invoice is of 1713, captured were 1714` });
    expect(await damaged("DELETE FROM event_log WHERE stream_id = $1 AND type = 'OrderPaid'", `order-${plain.orderId}`))
      .toEqual({ invoices: `order ${plain.orderId}: it has an invoice, and its money was never taken` });
    expect(await damaged("UPDATE event_log SET data = jsonb_set(data::jsonb, '{amountMinor}', '99')::json WHERE stream_id = $1 AND version = 2", `invoice-${credited.orderId}`))
      .toEqual({ invoices: `order ${credited.orderId}: credit notes are of 99, refunded were 100` });
    const twice = `INSERT INTO event_log (event_id, stream_category, stream_id, version, type, data, metadata, recorded_at)
      SELECT gen_random_uuid(), stream_category, stream_id, 3, type, jsonb_set(data::jsonb, '{sequence}', '2')::json, metadata, recorded_at FROM event_log WHERE stream_id = $1 AND version = 2`;
    expect(await damaged(twice, `invoice-${credited.orderId}`)).toEqual({
      invoice_numbers: "CN/2026: the counter is at 1, the last number is 2",
      invoices: `order ${credited.orderId}: a refund has two credit notes; credit notes are of 200, refunded were 100`,
    });
  });

  it("want no invoice of an order that costs nothing, nor of money that went back unwanted", async () => {
    const free = placedOrder([{ priceMinor: 0 }]);
    await books.paid({ ...free, totals: { ...free.totals, shippingMinor: 0, taxMinor: 0, totalMinor: 0 } });
    const late = placedOrder();
    await books.order(late.orderId, late);
    await books.captured(late);
    await books.order(late.orderId, { type: "OrderPaymentUnwanted", orderId: late.orderId, paymentId: `p-${late.orderId}` });
    await books.refunded(late, late.totals.totalMinor, { cause: "UNWANTED" });
    await change("UPDATE pgboss.job SET state = 'completed', completed_on = now() WHERE data->>'correlationId' <> $1", waiting.orderId);
    expect(await look()).toEqual({});
  });
});
