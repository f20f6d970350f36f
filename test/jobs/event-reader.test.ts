import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { orderStream } from "../../src/commands/orders/order.decider.js";
import { readEvents, readState, referenceKey, streamHas } from "../../src/platform/jobs/event-reader.js";
import { by, customer, openShop, order, type Shop } from "../bus/shop.js";

describe("reading events for jobs", () => {
  let shop: Shop;
  let kept: string;
  let cancelled: string;
  beforeAll(async () => {
    shop = await openShop();
    const bus = shop.process();
    await shop.stock({ TEA: 10 });
    [kept, cancelled] = (await Promise.all([order(bus, { TEA: 1 }), order(bus, { TEA: 2 })])).map(({ commandId }) => commandId) as [string, string];
    await bus.execute(cancelOrder, { orderId: cancelled, reason: "changed my mind" }, by(customer));
  });
  afterAll(() => shop.close());

  it("finds each that is there, and leaves out what is not", async () => {
    const references = [
      { streamId: `order-${cancelled}`, version: 2, correlationId: cancelled }, { streamId: `order-${kept}`, version: 1, correlationId: kept },
      { streamId: `order-${kept}`, version: 2, correlationId: kept }, { streamId: "order-none", version: 1, correlationId: "none" },
    ];
    const events = await readEvents(shop.pool, references);
    expect(references.map((reference) => events.get(referenceKey(reference))?.event.type)).toEqual(["OrderCancelled", "OrderPlaced", undefined, undefined]);
    expect(events.get(`order-${cancelled}@2`)).toMatchObject({ version: 2, correlationId: cancelled, event: { reason: "changed my mind", refundPaymentId: null } });
  });

  it("says where a stream stands", async () => {
    expect((await readState(shop.pool, orderStream, kept)).status).toBe("PLACED");
    expect((await readState(shop.pool, orderStream, cancelled)).status).toBe("CANCELLED");
    expect((await readState(shop.pool, orderStream, "none")).status).toBe("absent");
  });

  it("says which streams hold an event", async () => {
    const isCancelled = streamHas(shop.pool, "OrderCancelled");
    expect(await Promise.all([`order-${kept}`, `order-${cancelled}`, "order-none"].map(isCancelled))).toEqual([false, true, false]);
  });
});
