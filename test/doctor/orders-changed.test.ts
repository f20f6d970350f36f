import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { examineQuiet } from "../../src/cli/doctor/quiet.js";
import { upsertProducts } from "../../src/commands/catalog/upsert-products.js";
import { receiveUnits } from "../../src/commands/inventory/receive-units.js";
import { reserveUnitsWith } from "../../src/commands/inventory/reserve-units.js";
import { cancelOrderLines } from "../../src/commands/orders/cancel-order-lines.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { holdOrder, resumeOrder } from "../../src/commands/orders/follow-order.js";
import { noteDecline } from "../../src/commands/orders/note-decline.js";
import { inspectReturn, requestReturn } from "../../src/commands/orders/return-order.js";
import { paymentWindow } from "../../src/commands/orders/payment-deadline.job.js";
import { effectQueue } from "../../src/platform/jobs/queue.js";
import { paymentIdOf, recordPayment } from "../../src/commands/payments/record-payment.js";
import { shipmentIdOf } from "../../src/commands/shipping/book.job.js";
import { moveShipment } from "../../src/commands/shipping/shipment/record-shipment.js";
import { examinedShop } from "./examined-shop.js";
import { SaleTrader } from "./sale-trader.js";
import type { Sale } from "./trader.js";

const { start, stop, primary, caughtUp, onPrimary, onLog, damaged, keptAside } = examinedShop();
let trader: SaleTrader;
let sales: Record<"declined" | "lessened" | "returned" | "reinstated" | "resumed" | "inSale" | "seats", Sale>;

const off = (sale: Sale, sku: string, quantity: number) => trader.send(cancelOrderLines, { orderId: sale.orderId, lines: [{ sku, quantity }], reason: "" }, `off:${sale.orderId}`);

beforeAll(async () => {
  await start();
  trader = new SaleTrader(primary().appUrl);
  await trader.send(upsertProducts, { products: [{ sku: "SEAT", name: "Seat", priceMinor: 500, currency: "EUR", weightGrams: 0, taxBasisPoints: 0 }] }, "seat");
  await trader.stock(["C", "D"], 100);
  await trader.register("ada");
  const place = (key: string) => trader.place(key, "ada", [{ sku: "C", quantity: 3 }, { sku: "D", quantity: 1 }]);
  const declined = await place("declined");
  const payment = { paymentId: paymentIdOf(declined.orderId), orderId: declined.orderId, code: "card_declined" };
  await trader.send(recordPayment, { type: "RecordDecline", ...payment, attempt: 1, retrySeconds: 600 }, "decline");
  await trader.send(noteDecline, { ...payment, attempt: 1, payBefore: new Date(Date.now() + 600_000).toISOString() }, "declined");

  // 3 of 2.50 with 19 % are 8.93: one of them 2.98, two 5.95.
  const lessened = await place("lessened");
  await trader.pay(lessened);
  await trader.book(lessened);
  await off(lessened, "C", 1);
  await trader.send(moveShipment, { orderId: lessened.orderId, shipmentId: shipmentIdOf(lessened.orderId, 1, 0), step: { type: "RecordCancellation", reason: "packed anew" } }, "called off");
  await trader.refund(lessened, 298, "LINES_CANCELLED");
  await trader.book(lessened, [[{ sku: "C", quantity: 2 }, { sku: "D", quantity: 1 }]], 2);
  await trader.track(lessened, "left", 0, 2);

  const returned = await place("returned");
  await trader.deliver(returned);
  const { returnId } = await trader.send(requestReturn, { orderId: returned.orderId, lines: [{ sku: "C", quantity: 2 }], reason: "" }, "return");
  await trader.send(inspectReturn, { orderId: returned.orderId, returnId, lines: [{ sku: "C", restocked: 1, scrapped: 1, refused: 0 }] }, "inspect");
  await trader.refund(returned, 595, "RETURNED");

  const saleId = await trader.schedule("sale", "C");
  const inSale = await trader.place("in sale", "ada", [{ sku: "C", quantity: 2, saleId }]);
  await off(inSale, "C", 1);
  const reinstated = await trader.place("reinstated", "ada", [{ sku: "C", quantity: 1, saleId }, { sku: "D", quantity: 2 }]);
  await trader.send(cancelOrder, { orderId: reinstated.orderId, reason: "", cause: "payment_deadline" }, "too late");
  await trader.pay(reinstated);

  const resumed = await place("resumed");
  await trader.pay(resumed);
  await trader.send(holdOrder, { orderId: resumed.orderId, reason: "no courier" }, "hold");
  await trader.send(resumeOrder, { orderId: resumed.orderId, reason: "one" }, "resume");
  await trader.book(resumed, [resumed.lines], 2);

  await trader.send(receiveUnits, { sku: "SEAT", units: ["x", "y", "z"].map((unitId) => ({ unitId, row: null, place: null })) }, "seats");
  const wish = { sku: "SEAT", quantity: 3, unitIds: ["x", "y", "z"], adjacent: false };
  const reserved = await trader.send(reserveUnitsWith(600), { buyer: "customer:ada", lines: [wish] }, "reserve seats");
  const seats = await trader.claim(reserved.reservationId, "ada");
  await off(seats, "SEAT", 1);
  await trader.send(cancelOrder, { orderId: seats.orderId, reason: "", cause: "payment" }, "no money");
  await trader.pay(seats);
  sales = { declined, lessened, returned, reinstated, resumed, inSale, seats };
  await trader.bill();
  await onPrimary("UPDATE pgboss.job SET state = 'completed', completed_on = now() WHERE data->>'correlationId' = ANY($1)", [[lessened, returned, resumed].map(({ orderId }) => orderId)]);
});
afterAll(async () => {
  await trader.close();
  await stop();
});
beforeEach(caughtUp);

describe("a shop whose orders were changed, sent back and brought back", () => {
  it("is well", () => expect(sales.lessened.totalMinor).toBeGreaterThan(0));

  it("an order whose buyer may pay otherwise waits by right, for as long as a job ends it", async () => {
    const { orderId } = sales.declined;
    const where = "data->>'correlationId' = $1";
    const failing = await damaged([onPrimary, `UPDATE pgboss.job SET state = 'completed' WHERE ${where}`, [orderId]], [[onPrimary, `UPDATE pgboss.job SET state = 'created' WHERE ${where}`, [orderId]]]);
    expect(failing["orders_moving"]).toContain(`order ${orderId} is PLACED: no job charges it`);
  });

  it("is quiet while jobs wait for a time that has not come", async () => {
    const look = async () => (await examineQuiet({ primaryUrl: primary().appUrl, nodes: [], queues: [effectQueue(paymentWindow.queue)], waitMs: 0 })).verdict;
    const move = (interval: string) => onPrimary(`UPDATE pgboss.job SET start_after = start_after ${interval} WHERE name = $1`, [paymentWindow.queue]);
    expect(await look()).toBe("ok");
    expect((await move("- interval '1 hour'")).rowCount).toBe(1);
    expect(await look()).toBe("FAIL");
    await move("+ interval '1 hour'");
  });

  it("names an amount that is not what the fixed total gives", async () => {
    const { orderId } = sales.lessened;
    const [where, values] = ["stream_id = $1 AND type = 'OrderLinesCancelled'", [`order-${orderId}`]];
    const back = await keptAside(onLog, "event_log", where, values);
    const failing = await damaged(
      [onLog, `UPDATE event_log SET data = (data::jsonb || '{"revertedMinor": 299}')::json WHERE ${where}`, values], [[onLog, `DELETE FROM event_log WHERE ${where}`, values], back]);
    expect(failing["orders_sequence"]).toContain(`order ${orderId}: OrderLinesCancelled at version 4: it speaks of another amount`);
  });

  it("names units that came back without being counted", async () => {
    const { orderId } = sales.returned;
    const back = await keptAside(onLog, "event_log", "stream_id = $1 AND type = 'OrderReturnInspected'", [`order-${orderId}`]);
    const failing = await damaged([onLog, "DELETE FROM event_log WHERE stream_id = $1 AND type = 'OrderReturnInspected'", [`order-${orderId}`]], [back]);
    expect(failing["stock_equations"]).toContain("C: ");
  });

  it("names a parcel of a former packing that a courier still has", async () => {
    const { orderId } = sales.lessened;
    const stream = `shipment-${shipmentIdOf(orderId, 1, 0)}`;
    const back = await keptAside(onLog, "event_log", "stream_id = $1 AND type = 'ShipmentCancelled'", [stream]);
    const warned = await damaged([onLog, "DELETE FROM event_log WHERE stream_id = $1 AND type = 'ShipmentCancelled'", [stream]], [back], "warn");
    expect(warned["shipments_called_off"]).toContain(`shipment ${shipmentIdOf(orderId, 1, 0)} of order ${orderId}`);
  });

  it("names a sale whose order came back and is not counted, and a seat that somebody took beside the books", async () => {
    const { orderId } = sales.reinstated;
    const back = await keptAside(onLog, "event_log", "stream_id = $1 AND type = 'OrderReinstated'", [`order-${orderId}`]);
    const failing = await damaged([onLog, "DELETE FROM event_log WHERE stream_id = $1 AND type = 'OrderReinstated'", [`order-${orderId}`]], [back]);
    expect(failing["sale_equations"]).toContain("sold is 2, orders have 1");
    const taken = await damaged([onPrimary, "UPDATE stock_unit SET state = 'free', order_id = NULL WHERE unit_id = 'x'"], [[onPrimary, "UPDATE stock_unit SET state = 'sold', order_id = $1 WHERE unit_id = 'x'", [sales.seats.orderId]]]);
    expect(taken["unit_owners"]).toContain(`order ${sales.seats.orderId} names unit SEAT/x, which is free of nobody`);
  });
});
