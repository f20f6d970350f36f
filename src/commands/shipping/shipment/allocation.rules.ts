import type { AllocationEvent, ShipmentAttempted, ShipmentAttemptFailed, ShipmentBooked, ShipmentDecided, ShipmentImpossible } from "../../../events/shipping.js";
import type { Attempt, Shipment } from "./shipment-state.js";

/** A courier to be asked next. */
export type NextAttempt = Omit<ShipmentAttempted, "type" | "shipmentId" | "orderId" | "attempt">;

export type AllocationCommand =
  | { readonly type: "Decide"; readonly decision: Omit<ShipmentDecided, "type" | "round">; readonly next: NextAttempt | null; readonly delayReason: string }
  | { readonly type: "GiveUpAttempt"; readonly attempt: number; readonly code: string; readonly message: string; readonly inDoubt: boolean; readonly forGood?: true; readonly next: NextAttempt | null }
  | { readonly type: "SettleAttempt"; readonly attempt: number; readonly outcome: "none" | "voided" | "left" }
  | (Omit<ShipmentBooked, "type"> & { readonly type: "RecordBooking" })
  | (Omit<ShipmentImpossible, "type"> & { readonly type: "RecordImpossible" });

/** An attempt whose label may still come to light, or is there already. */
const unsettled: ReadonlySet<Attempt["state"]> = new Set(["open", "in_doubt", "surplus"]);

/** An attempt whose label is known. Of any other a label may come to light, also where the courier had said that there is none. */
const labelled: ReadonlySet<Attempt["state"]> = new Set(["booked", "surplus", "voided", "left"]);

/** The one attempt under way; there is never a second. */
export function openAttempt({ attempts }: Pick<Shipment, "attempts">): Attempt | undefined {
  return attempts.find(({ state }) => state === "open");
}

/** Couriers that may have a label of this parcel that nobody has called off: they are not asked for another one. */
export function couriersInDoubt({ attempts }: Pick<Shipment, "attempts">): ReadonlySet<string> {
  return new Set(attempts.filter(({ state }) => unsettled.has(state)).map(({ courierId }) => courierId));
}

/** A parcel has one label: whatever comes beside it is called off. Nothing is said where somebody else has moved on meanwhile. */
export function decideAllocation(command: AllocationCommand, shipment: Shipment): readonly (AllocationEvent | ShipmentBooked | ShipmentImpossible)[] {
  switch (command.type) {
    case "Decide": return decided(command, shipment);
    case "GiveUpAttempt": return givenUp(command, shipment);
    case "SettleAttempt": return settled(command, shipment);
    case "RecordBooking": return booked(command, shipment);
    case "RecordImpossible":
      if (!isSought(shipment) || openAttempt(shipment) || isImpossibleFor(shipment, command.wantedBy)) return [];
      return [{ ...command, type: "ShipmentImpossible" }];
  }
}

/** Nobody has it or had it. What was impossible may be asked for again, when somebody has mended what was wrong. */
function isSought({ booking }: Shipment): boolean {
  return booking === "absent" || booking === "impossible";
}

/** Its job came again, and nobody has mended anything meanwhile. */
export function isImpossibleFor({ booking, impossibleFor }: Pick<Shipment, "booking" | "impossibleFor">, wantedBy: string | undefined): boolean {
  return booking === "impossible" && impossibleFor === wantedBy;
}

function decided({ decision, next, delayReason }: Extract<AllocationCommand, { type: "Decide" }>, shipment: Shipment): readonly AllocationEvent[] {
  if (!isSought(shipment) || openAttempt(shipment)) return [];
  // Weighed before somebody else's call to that courier came into doubt: it has to be weighed again.
  if (next && couriersInDoubt(shipment).has(next.courierId)) return [];
  const { shipmentId, orderId } = decision;
  const round = shipment.rounds + 1;
  if (next) return [{ ...decision, type: "ShipmentDecided", round }, attemptOf({ shipmentId, orderId }, shipment, next)];
  // A parcel that waits is weighed again and again: told once, or its history would be nothing else.
  if (shipment.delayed) return [];
  const again = shipment.delayTold ? { again: true as const } : {};
  return [{ ...decision, type: "ShipmentDecided", round }, { type: "ShipmentDelayed", shipmentId, orderId, round, reason: delayReason, ...again }];
}

function givenUp({ attempt, code, message, inDoubt, forGood, next }: Extract<AllocationCommand, { type: "GiveUpAttempt" }>, shipment: Shipment): readonly AllocationEvent[] {
  const known = shipment.attempts.find((one) => one.attempt === attempt);
  if (known?.state !== "open") return [];
  const { shipmentId, orderId } = shipment;
  const { courierId, service, region } = known;
  const failed: ShipmentAttemptFailed = {
    type: "ShipmentAttemptFailed", shipmentId, orderId, attempt, courierId, service, region, code, message, inDoubt, ...(forGood ? { forGood } : {}),
  };
  // The one that is given up is no longer under way, but may have made a label: its courier is not asked again here.
  const isFree = next !== null && shipment.booking === "absent" && !couriersInDoubt(shipment).has(next.courierId);
  return isFree ? [failed, attemptOf({ shipmentId, orderId }, shipment, next)] : [failed];
}

function attemptOf(ids: { readonly shipmentId: string; readonly orderId: string }, { attempts }: Shipment, next: NextAttempt): ShipmentAttempted {
  return { ...next, ...ids, type: "ShipmentAttempted", attempt: attempts.length + 1 };
}

/** Only who asked can say that there is no label, and only of a label that was found that it is gone. */
function settled({ attempt, outcome }: Extract<AllocationCommand, { type: "SettleAttempt" }>, { shipmentId, orderId, attempts }: Shipment): readonly AllocationEvent[] {
  const known = attempts.find((one) => one.attempt === attempt);
  if (known?.state !== (outcome === "none" ? "in_doubt" : "surplus")) return [];
  return [{ type: "ShipmentAttemptSettled", shipmentId, orderId, attempt, courierId: known.courierId, outcome }];
}

function booked(command: Extract<AllocationCommand, { type: "RecordBooking" }>, shipment: Shipment): readonly (AllocationEvent | ShipmentBooked)[] {
  const { shipmentId, orderId, attempt, courierId, bookingReference } = command;
  const known = shipment.attempts.find((one) => one.attempt === attempt);
  if (!known) throw new Error(`the shipment ${shipmentId} knows of no attempt ${String(attempt)}`);
  if (labelled.has(known.state)) return [];
  const twin = shipment.attempts.find((one) => one.courierId === courierId && one.bookingReference === bookingReference && (one.state === "booked" || one.state === "surplus"));
  if (twin) return sameLabel(command, known, twin);
  const isFree = shipment.booking === "absent" && (known.state === "open" || !openAttempt(shipment));
  return isFree
    ? [{ ...command, type: "ShipmentBooked" }]
    : [{ type: "ShipmentSurplusFound", shipmentId, orderId, attempt, courierId, bookingReference }];
}

/**
 * A courier that makes one label a parcel, whatever it is asked with, names it to each attempt: it is called off for none of them while it
 * is the answer of one under way, or the parcel's own.
 */
function sameLabel(command: Extract<AllocationCommand, { type: "RecordBooking" }>, known: Attempt, twin: Attempt): readonly (AllocationEvent | ShipmentBooked)[] {
  const { shipmentId, orderId, courierId } = command;
  const settledAs = ({ attempt }: Attempt): AllocationEvent => ({ type: "ShipmentAttemptSettled", shipmentId, orderId, attempt, courierId, outcome: "none" });
  if (known.state === "open") return [settledAs(twin), { ...command, type: "ShipmentBooked" }];
  return known.state === "in_doubt" ? [settledAs(known)] : [];
}
