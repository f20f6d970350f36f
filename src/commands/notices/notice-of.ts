import type { NoticeFacts, NoticeTemplate } from "../../events/notices.js";
import type { OrderEvent } from "../../events/orders.js";
import type { PaymentRefunded } from "../../events/payments.js";
import type { ShipmentDelayed, ShipmentTracked } from "../../events/shipping.js";

type ToldType =
  | "OrderPlaced" | "OrderPaid" | "OrderReinstated" | "OrderPaymentDeclined" | "OrderParcelShipped" | "OrderParcelDelivered" | "OrderDelivered" | "OrderPutOnHold"
  | "OrderResumed" | "OrderLinesCancelled" | "OrderCancelled" | "OrderParcelReturning" | "OrderReturnRequested" | "OrderReturnInspected";

/** What buyers are told of. */
export type ToldEvent = Extract<OrderEvent, { readonly type: ToldType }> | PaymentRefunded | ShipmentTracked | ShipmentDelayed;

/** How a parcel can be followed. */
export interface Label {
  readonly courierId: string;
  readonly trackingCode: string;
}

export interface Notice {
  readonly template: NoticeTemplate;
  readonly facts: NoticeFacts;
}

/** Of a parcel's scans only these are worth a word beside what the order itself says, and not where later news was told before. */
export function isWorthAWord(event: ToldEvent): boolean {
  if (event.type === "ShipmentTracked") return event.status === event.currentStatus && (event.milestone === "failure" || event.status === "out_for_delivery");
  // Whoever is paying otherwise by then has seen it himself.
  if (event.type === "OrderPaymentDeclined") return event.triedAgain !== true;
  // A parcel that waits is tried now and then: that it still waits is no news.
  if (event.type === "ShipmentDelayed") return event.again !== true;
  // A return that a parcel makes by itself is told by the parcel.
  return event.type !== "OrderReturnRequested" || event.shipmentId === undefined;
}

/**
 * The template of an event and what fills it. Reasons are left out: people write them, and what they write may be personal.
 * @param label of the event's parcel; null where it has none
 */
export function noticeOf(event: ToldEvent, label: Label | null): Notice {
  switch (event.type) {
    case "OrderPlaced": return { template: "order_placed", facts: { totalMinor: event.totals.totalMinor, currency: event.totals.currency } };
    case "OrderPaid": return { template: "order_paid", facts: { authorized: event.authorized === true } };
    case "OrderReinstated": return { template: "order_paid", facts: { authorized: event.authorized === true, reinstated: true } };
    case "OrderPaymentDeclined": return { template: "payment_declined", facts: { payBefore: event.payBefore } };
    case "OrderParcelShipped": return { template: "parcel_shipped", facts: { shipmentId: event.shipmentId, ...(label ?? {}) } };
    case "OrderParcelDelivered": return { template: "parcel_delivered", facts: { shipmentId: event.shipmentId } };
    case "OrderDelivered": return { template: "order_delivered", facts: { shipmentId: event.shipmentId } };
    case "OrderPutOnHold": return { template: "order_on_hold", facts: { parcelsLost: event.lost?.length ?? 0 } };
    case "OrderResumed": return { template: "order_resumed", facts: {} };
    case "OrderLinesCancelled": return { template: "order_changed", facts: { units: event.cancelled.reduce((sum, { quantity }) => sum + quantity, 0), revertedMinor: event.revertedMinor } };
    case "OrderCancelled": return { template: "order_cancelled", facts: { cause: event.cause, isRefunded: event.refundPaymentId !== null } };
    case "OrderParcelReturning": return { template: "parcel_returning", facts: { shipmentId: event.shipmentId, cause: event.cause, orderStatus: event.becomes } };
    case "OrderReturnRequested": return { template: "return_noted", facts: { returnId: event.returnId } };
    case "OrderReturnInspected": return { template: "return_inspected", facts: { returnId: event.returnId, revertedMinor: event.revertedMinor } };
    case "PaymentRefunded": return { template: "order_refunded", facts: { amountMinor: event.amountMinor, currency: event.currency, cause: event.cause } };
    case "ShipmentDelayed": return { template: "order_delayed", facts: { shipmentId: event.shipmentId } };
    case "ShipmentTracked": {
      const { shipmentId, milestone, courierId, trackingCode, reasonCode, failures = 0 } = event;
      if (milestone === "failure") return { template: "delivery_failed", facts: { shipmentId, courierId, trackingCode, reasonCode, failures } };
      return { template: "parcel_out_for_delivery", facts: { shipmentId, courierId, trackingCode } };
    }
  }
}
