import { dayMs, dayOf } from "../choice/lane-state.js";
import type { Arriving } from "./parcel-market.js";

/** What has not arrived by then: whoever was not at home is not called on twice a day. Null where no arrival is expected any more. */
export function arrivalStart({ status, nowMs }: Pick<Arriving, "status" | "nowMs">): number | null {
  switch (status) {
    case "delivered":
    case "available_for_pickup":
    case "return_to_sender":
    case "cancelled":
    case "error": return null;
    case "failure": return (dayOf(nowMs) + 1) * dayMs;
    case "unknown":
    case "pre_transit":
    case "in_transit":
    case "out_for_delivery": return nowMs;
  }
}
