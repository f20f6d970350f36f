import type { ReturnCause, ReturnRefund } from "../../events/order-returns.js";
import { defineCommand, type DecisionUnit, type RowsRef } from "../../kernel/command.js";
import { nameId } from "../../kernel/ids.js";
import { Undecided } from "../../kernel/undecided.js";
import { partingNeeds, shipOut, takeAway } from "../inventory/inventory.steps.js";
import { orderStream } from "./order.decider.js";
import type { LivingOrder, Order } from "./order-state.js";
import { bookedParcelLines, isUnwanted, knowsParcel, unwantedLines } from "./order-units.js";

/** Each implies the ones before it, but that what comes back need not have been delivered. `back`: it is in the house again. */
export type ParcelNews = "left" | "delivered" | "returning" | "back";

interface OfParcel { readonly orderId: string; readonly shipmentId: string }
interface AdvanceParcelInput extends OfParcel {
  readonly milestone: ParcelNews;
  /** Why it comes back; `courier` where absent. */
  readonly cause?: ReturnCause;
  /** The shop's policy for parcels that come back by themselves; `inspection` where absent. */
  readonly refund?: ReturnRefund;
}

/** Whether the parcel is one that nobody wanted any more and that has left by this news, and whether its units could be taken out of the stock. */
export type AdvanceParcelAnswer = { readonly strayed: "counted" | "uncounted" | null };

const needs = ({ orderId }: OfParcel) => ({ streams: [{ type: orderStream, id: orderId }] });
const correlationId = ({ orderId }: OfParcel): string => orderId;

/** A parcel comes back once: so a repetition names the same return. */
export function returnIdOf(shipmentId: string): string {
  return nameId("return", shipmentId);
}

/**
 * A parcel left, arrived, or comes back. One that arrives without having been seen leaving has left as well. One that the order does
 * not want any more takes its units along, as far as they are free, and comes back as well; whoever inspects it puts them back.
 * @throws Undecided TOO_EARLY where the news overtook that of the booking: an answer would lose it, so its job comes again
 */
export const advanceParcel = defineCommand<AdvanceParcelInput, AdvanceParcelAnswer>({
  name: "advanceParcel",
  correlationId,
  needs,
  rowsOf: ({ orderId, shipmentId }, read) => rowsOfLeaving(read.state(orderStream, orderId), shipmentId),
  decide(input, unit) {
    const { orderId, shipmentId, milestone } = input;
    const order = known(unit, orderId, shipmentId);
    if (order && isUnwanted(order, shipmentId)) {
      const strayed = stray(unit, order, shipmentId);
      if (milestone === "returning" || milestone === "back") comeBack(unit, input);
      return { strayed };
    }
    // What says so may be told before the loss, which is old then.
    if (milestone !== "left") turnUp(unit, orderId, shipmentId);
    const leaving = order ? bookedParcelLines(order, shipmentId) : [];
    if (leaving.length > 0) unit.execute(orderStream, orderId, { type: "ConfirmParcelLeft", orderId, shipmentId, ...shipOut(unit, leaving) });
    if (milestone === "delivered") unit.execute(orderStream, orderId, { type: "ConfirmParcelDelivered", orderId, shipmentId });
    if (milestone === "returning" || milestone === "back") {
      unit.execute(orderStream, orderId, { type: "ConfirmParcelReturning", orderId, shipmentId, cause: input.cause ?? "courier" });
      comeBack(unit, input);
    }
    return { strayed: null };
  },
});

/** Nobody has said anything of a parcel for too long: its order waits. Nothing where it waits for something else already, or the parcel does not matter any more. */
export const noteParcelLost = defineCommand<OfParcel, Record<string, never>>({
  name: "noteParcelLost",
  correlationId,
  needs,
  decide({ orderId, shipmentId }, unit) {
    const order = known(unit, orderId, shipmentId);
    const status = order?.parcels.get(shipmentId)?.status;
    if (!order || isUnwanted(order, shipmentId) || (status !== "booked" && status !== "shipped")) return {};
    const lost = order.hold?.lost ?? [];
    if (!lost.includes(shipmentId)) holdFor(unit, orderId, [...lost, shipmentId]);
    return {};
  },
});

/** A parcel that had been taken for lost was seen: its order goes on, unless another one is missing. */
export const noteParcelFound = defineCommand<OfParcel, Record<string, never>>({
  name: "noteParcelFound",
  correlationId,
  needs,
  decide({ orderId, shipmentId }, unit) {
    turnUp(unit, orderId, shipmentId);
    return {};
  },
});

function turnUp(unit: DecisionUnit, orderId: string, shipmentId: string): void {
  const lost = known(unit, orderId, shipmentId)?.hold?.lost ?? [];
  if (!lost.includes(shipmentId)) return;
  const others = lost.filter((id) => id !== shipmentId);
  if (others.length > 0) holdFor(unit, orderId, others);
  else unit.execute(orderStream, orderId, { type: "ResumeOrder", orderId, reason: "the parcel has turned up" });
}

function holdFor(unit: DecisionUnit, orderId: string, lost: readonly string[]): void {
  unit.execute(orderStream, orderId, { type: "PutOnHold", orderId, reason: `lost: ${lost.join(", ")}`, lost });
}

/** The order, or null where there is none. @throws Undecided TOO_EARLY */
function known(unit: DecisionUnit, orderId: string, shipmentId: string): LivingOrder | null {
  const order = unit.state(orderStream, orderId);
  if (order.status === "absent") return null;
  if (!knowsParcel(order, shipmentId)) throw new Undecided("TOO_EARLY", "The order does not know of this parcel yet; repeat in a moment.");
  return order;
}

function rowsOfLeaving(order: Order, shipmentId: string): readonly RowsRef[] {
  if (order.status === "absent") return [];
  return partingNeeds(isUnwanted(order, shipmentId) ? unwantedLines(order, shipmentId) ?? [] : bookedParcelLines(order, shipmentId));
}

/** Its units were free from the moment when it was called off: what of them was promised to others since is not there. All of a parcel or nothing, so that a person can count. */
function stray(unit: DecisionUnit, order: LivingOrder, shipmentId: string): AdvanceParcelAnswer["strayed"] {
  if (order.strays.has(shipmentId)) return null;
  const { orderId } = order;
  const held = unwantedLines(order, shipmentId);
  const lines = (held ?? []).map(({ sku, quantity }) => ({ sku, quantity }));
  const taken = held && takeAway(unit, held, orderId);
  unit.execute(orderStream, orderId, { type: "NoteParcelStrayed", orderId, shipmentId, lines, ...(taken ?? { uncounted: true, stock: [] }) });
  return taken ? "counted" : "uncounted";
}

function comeBack(unit: DecisionUnit, { orderId, shipmentId, milestone, cause = "courier", refund = "inspection" }: AdvanceParcelInput): void {
  const returnId = returnIdOf(shipmentId);
  unit.execute(orderStream, orderId, { type: "RequestReturn", orderId, returnId, reason: reasons[cause], lines: [], shipmentId, cause, refund });
  if (milestone === "back") unit.execute(orderStream, orderId, { type: "ConfirmReturnArrived", orderId, returnId });
}

const reasons: Readonly<Record<ReturnCause, string>> = {
  courier: "The courier sends the parcel back.",
  left_after_cancellation: "The parcel left after it had been called off.",
  failures: "Delivering the parcel failed too often.",
};
