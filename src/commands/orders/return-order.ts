import type { InspectedLine } from "../../events/orders.js";
import type { ParcelLine } from "../../events/shipping.js";
import { defineCommand } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { returningNeeds, takeBack, type ReturnedLine } from "../inventory/inventory.steps.js";
import { checkReason, ownOrder } from "./cancel-order.js";
import { checkInspection } from "./order-checks.js";
import { orderStream } from "./order.decider.js";
import type { LivingOrder, Order } from "./order-state.js";

export interface RequestReturnInput {
  readonly orderId: string;
  readonly lines: readonly ParcelLine[];
  readonly reason: string;
}

/**
 * The buyer sends something back. It is neither stock nor refunded before somebody has looked at it. Refuses with
 * `ORDER_UNKNOWN NOTHING_TO_RETURN NO_LINES DUPLICATE_SKU UNKNOWN_LINE INVALID_QUANTITY INVALID_REASON`.
 */
export const requestReturn = defineCommand<RequestReturnInput, { readonly orderId: string; readonly returnId: string }>({
  name: "requestReturn",
  correlationId: ({ orderId }) => orderId,
  needs: ({ orderId }) => ({ streams: [{ type: orderStream, id: orderId }] }),
  decide({ orderId, lines, reason }, unit) {
    checkReason(reason);
    ownOrder(unit, orderId);
    const returnId = unit.commandId;
    unit.execute(orderStream, orderId, { type: "RequestReturn", orderId, returnId, reason, lines });
    return { orderId, returnId };
  },
});

/** What somebody found who looked at a return. */
export interface InspectionLine extends InspectedLine {
  /** Which ones are stock again, of a product whose units are numbered; the first ones that left where absent. */
  readonly unitIds?: readonly string[];
}

export interface InspectReturnInput {
  readonly orderId: string;
  readonly returnId: string;
  readonly lines: readonly InspectionLine[];
}

/**
 * A return came in and was looked at: what is good is stock again, and all that is not refused is refunded. What did not
 * come may be returned another time. Refuses with `ORDER_UNKNOWN RETURN_UNKNOWN RETURN_INSPECTED NO_LINES DUPLICATE_SKU
 * UNKNOWN_LINE INVALID_QUANTITY UNIT_UNKNOWN`.
 */
export const inspectReturn = defineCommand<InspectReturnInput, { readonly orderId: string }>({
  name: "inspectReturn",
  correlationId: ({ orderId }) => orderId,
  needs: ({ orderId }) => ({ streams: [{ type: orderStream, id: orderId }] }),
  rowsOf({ orderId, lines }, read) {
    const order = read.state(orderStream, orderId);
    return order.status === "absent" ? [] : returningNeeds(lines.filter(({ sku }) => isOrdered(order, sku)).map(({ sku }) => ({ sku, units: goneOf(order, sku) })));
  },
  decide({ orderId, returnId, lines }, unit) {
    const order = ownOrder(unit, orderId);
    const inspected = lines.map(({ sku, restocked, scrapped, refused }) => ({ sku, restocked, scrapped, refused }));
    checkInspection(order, returnId, inspected);
    const { stock, units = [] } = takeBack(unit, isInBooks(order, returnId) ? [] : lines.map((line, index) => restocked(order, line, `lines.${String(index)}.unitIds`)));
    unit.execute(orderStream, orderId, { type: "InspectReturn", orderId, returnId, lines: inspected, stock, units });
    return { orderId };
  },
});

/** Whether the units of a return never left the books, since they could not be taken out when their parcel left unwanted. */
function isInBooks({ returns, strays }: LivingOrder, returnId: string): boolean {
  const shipmentId = returns.get(returnId)?.shipmentId ?? null;
  return shipmentId !== null && strays.get(shipmentId)?.counted === false;
}

/** What of a line is stock again. @throws Refusal UNIT_UNKNOWN */
function restocked(order: LivingOrder, { sku, restocked: quantity, unitIds }: InspectionLine, field: string): ReturnedLine {
  if (order.lines.find((line) => line.sku === sku)?.unitIds === undefined) return { sku, quantity };
  const gone = goneOf(order, sku);
  const units = unitIds ? gone.filter(({ unitId }) => unitIds.includes(unitId)) : gone.slice(0, quantity);
  if (units.length === quantity && (unitIds?.length ?? quantity) === quantity) return { sku, quantity, units };
  throw new Refusal("UNIT_UNKNOWN", `Name ${String(quantity)} units of ${sku} that this order has, each once.`, field);
}

function goneOf({ goneUnits }: LivingOrder, sku: string): LivingOrder["goneUnits"] {
  return goneUnits.filter((unit) => unit.sku === sku);
}

function isOrdered(order: Exclude<Order, { readonly status: "absent" }>, sku: string): boolean {
  return order.lines.some((line) => line.sku === sku);
}
