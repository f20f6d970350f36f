import type { TrackingStatus } from "../../events/shipping.js";

interface Meaning {
  readonly status: TrackingStatus;
  readonly reasonCode: string | null;
}

/** The codes of `docs/courier-contract.md` in EasyPost's ten words. */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ["LABEL_CREATED", { status: "pre_transit", reasonCode: null }],
  ["PICKED_UP", { status: "in_transit", reasonCode: null }],
  ["ARRIVED_AT_HUB", { status: "in_transit", reasonCode: null }],
  ["DEPARTED_HUB", { status: "in_transit", reasonCode: null }],
  ["CUSTOMS", { status: "in_transit", reasonCode: "customs" }],
  ["DELAYED", { status: "in_transit", reasonCode: "delayed" }],
  ["OUT_FOR_DELIVERY", { status: "out_for_delivery", reasonCode: null }],
  ["DELIVERED", { status: "delivered", reasonCode: null }],
  ["READY_FOR_PICKUP", { status: "available_for_pickup", reasonCode: null }],
  ["ATTEMPT_FAILED", { status: "failure", reasonCode: "recipient_absent" }],
  ["ADDRESS_UNKNOWN", { status: "failure", reasonCode: "address_unknown" }],
  ["REFUSED", { status: "failure", reasonCode: "refused_by_recipient" }],
  ["DAMAGED", { status: "failure", reasonCode: "damaged" }],
  ["LOST", { status: "failure", reasonCode: "lost" }],
  ["RETURNING", { status: "return_to_sender", reasonCode: null }],
  ["RETURNED", { status: "return_to_sender", reasonCode: "returned" }],
  ["CANCELLED", { status: "cancelled", reasonCode: null }],
  ["ERROR", { status: "error", reasonCode: null }],
]);

const unknown: Meaning = { status: "unknown", reasonCode: null };

/** A code that is not in the contract is `unknown`; the caller keeps it as it came. */
export function meaningOf(rawCode: string): Meaning {
  return meanings.get(rawCode) ?? unknown;
}
