import type { NoticeEvent } from "../../events/notices.js";
import type { OrderParcelReturning, OrderParcelStrayed, OrderReturnArrived } from "../../events/order-returns.js";
import type { OrderCancelled, OrderPutOnHold, OrderReturnRequested } from "../../events/orders.js";
import type { ShipmentDecided, ShipmentEvent } from "../../events/shipping.js";

type DetailedOrderEvent = OrderCancelled | OrderPutOnHold | OrderParcelReturning | OrderParcelStrayed | OrderReturnRequested | OrderReturnArrived;

/** Events whose type alone does not tell an operator what happened. */
export type DetailedEvent = ShipmentEvent | NoticeEvent | DetailedOrderEvent;

export const detailedOrderEvents: readonly DetailedOrderEvent["type"][] = [
  "OrderCancelled", "OrderPutOnHold", "OrderParcelReturning", "OrderParcelStrayed", "OrderReturnRequested", "OrderReturnArrived",
];

/** What an event of a parcel, a notice or a hold says, in a few words; null where its type says it. */
export function detailOf(event: DetailedEvent): string | null {
  switch (event.type) {
    case "ShipmentDecided": return decided(event);
    case "ShipmentAttempted": return `attempt ${String(event.attempt)}: asks ${serviceOf(event)}`;
    case "ShipmentAttemptFailed": return `attempt ${String(event.attempt)} at ${serviceOf(event)}: ${event.code}${event.inDoubt ? ", in doubt" : ""}`;
    case "ShipmentAttemptSettled": return `attempt ${String(event.attempt)} at ${event.courierId}: ${event.outcome}`;
    case "ShipmentSurplusFound": return `attempt ${String(event.attempt)}: ${event.courierId} made a label too many`;
    case "ShipmentDelayed": return event.reason;
    case "ShipmentBooked": return `attempt ${String(event.attempt)}: ${serviceOf(event)}, ${event.trackingCode}`;
    case "ShipmentImpossible": return event.reason;
    case "ShipmentTracked": return [event.status, event.rawCode, event.city, event.reasonCode].filter((word) => word !== null).join(", ");
    case "ShipmentLost": return `silent since ${event.lastNewsAt}`;
    case "ShipmentReturnStarted": return event.cause;
    case "ShipmentVoidRequested": return `${event.courierId}: ${event.reason}`;
    case "ShipmentVoidRefused": return `${event.courierId}: ${event.code}`;
    case "ShipmentCancelled": return event.reason;
    case "ShipmentLabelKept": return `${event.contentType}, ${String(event.sizeBytes)} bytes`;
    case "ShipmentHandedOver": return event.courierId;
    case "CustomerNoticed": return event.template;
    case "OrderCancelled": return event.cause;
    case "OrderPutOnHold": return event.reason;
    case "OrderParcelReturning": return `${event.cause}: the order is ${event.becomes}`;
    case "OrderParcelStrayed": return event.uncounted ? "its units could not be taken out of the stock" : "its units are out of the stock";
    case "OrderReturnRequested": return event.cause ?? "the buyer asked";
    case "OrderReturnArrived": return `${String(event.revertedMinor)} minor units given back`;
  }
}

function decided({ round, chosen, policy, candidates, unanswered }: ShipmentDecided): string {
  const out = candidates.filter(({ rank }) => rank === null).map(({ courierId, service, lost }) => `${serviceOf({ courierId, service })} ${lost ?? ""}`.trimEnd());
  const who = chosen ? serviceOf(chosen) : "nobody";
  return [
    `round ${String(round)}, ${policy}: ${who} of ${String(candidates.length)}`, ...(out.length > 0 ? [`out: ${out.join(", ")}`] : []),
    ...(unanswered.length > 0 ? [`no price in time: ${unanswered.join(", ")}`] : []),
  ].join("; ");
}

function serviceOf({ courierId, service }: { readonly courierId: string; readonly service: string | null }): string {
  return service === null ? courierId : `${courierId}/${service}`;
}
