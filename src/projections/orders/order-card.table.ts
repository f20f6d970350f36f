import { defineEntity, p } from "@mikro-orm/postgresql";
import type { OrderStatus } from "../../events/orders.js";
import type { PaymentStatus } from "../../events/payments.js";
import { readTable } from "../../platform/projector/read-table.js";
import { orderCard, type OrderCardLine, type OrderCardReturn, type OrderCardStray } from "./order-card.projection.js";

const entity = defineEntity({
  name: "OrderCard",
  properties: {
    orderId: p.text().primary(),
    customerId: p.text(),
    status: p.text().$type<OrderStatus>(),
    stage: p.text().$type<OrderStatus>(),
    paymentStatus: p.text().$type<PaymentStatus>(),
    payBefore: p.string().columnType("timestamptz").strictNullable(),
    reason: p.text().strictNullable(),
    currency: p.text(),
    linesMinor: p.bigint("number"),
    shippingMinor: p.bigint("number"),
    taxMinor: p.bigint("number"),
    totalMinor: p.bigint("number"),
    revertedMinor: p.bigint("number"),
    lines: p.json().$type<readonly OrderCardLine[]>(),
    returns: p.json().$type<readonly OrderCardReturn[]>(),
    shipmentIds: p.json().$type<readonly string[]>(),
    strays: p.json().$type<readonly OrderCardStray[]>(),
    placedAt: p.string().columnType("timestamptz"),
    placedPosition: p.bigint("number"),
    updatedAt: p.string().columnType("timestamptz"),
    version: p.integer(),
  },
  // One for each way in which `orders` is asked for; all end in the order of the pages.
  indexes: [
    { properties: ["placedAt", "placedPosition"] },
    { properties: ["customerId", "placedAt", "placedPosition"] },
    { properties: ["status", "placedAt", "placedPosition"] },
  ],
});

export const orderCardTable = readTable(orderCard, entity);
