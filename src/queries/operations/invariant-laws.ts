import type { OrderStatus } from "../../events/orders.js";
import { isSettled } from "../../projections/ledger/order-money.js";
import type { OrderCardRow } from "../../projections/orders/order-card.projection.js";
import type { OrderPicture, StockSum } from "./invariant-picture.js";

/** A law that binds what several contexts say of one order. */
export interface Law {
  readonly name: string;
  /** What is found instead, in words; null where the law holds. */
  readonly judge: (picture: OrderPicture) => string | null;
  /** True where work that is still to be done explains it: a job, a question to the provider, a dead letter. */
  readonly explicable: boolean;
}

const paidStages: ReadonlySet<OrderStatus> = new Set(["PAID", "ALLOCATED", "SHIPPED", "DELIVERED", "RETURNED"]);
const shippedStages: ReadonlySet<OrderStatus> = new Set(["SHIPPED", "DELIVERED", "RETURNED"]);
const packedStages: ReadonlySet<OrderStatus> = new Set(["ALLOCATED", "SHIPPED", "DELIVERED", "RETURNED"]);
/** Its money comes with the parcel. */
const cashOnDelivery = "cash_on_delivery";

/** What holds of every order that has been left alone for a while. */
export const orderLaws: readonly Law[] = [
  { name: "order_exists", explicable: false, judge: orderExists },
  { name: "charged_once", explicable: false, judge: ({ money: { captures } }) => (captures > 1 ? `it was charged ${captures} times` : null) },
  { name: "refunds_bounded", explicable: false, judge: refundsBounded },
  { name: "ledger_balances", explicable: false, judge: ledgerBalances },
  { name: "ledger_is_payment", explicable: false, judge: ledgerIsPayment },
  { name: "paid_is_owed", explicable: true, judge: paidIsOwed },
  { name: "shipped_is_captured", explicable: true, judge: shippedIsCaptured },
  { name: "cancelled_is_settled", explicable: true, judge: cancelledIsSettled },
  { name: "parcels_hold_order", explicable: true, judge: parcelsHoldOrder },
  { name: "reservation_is_claimed", explicable: false, judge: reservationIsClaimed },
  { name: "stock_follows_order", explicable: false, judge: stockFollowsOrder },
  { name: "order_moves", explicable: true, judge: orderMoves },
];

function orderExists({ order, payments, shipments, reservations, ledger }: OrderPicture): string | null {
  if (order) return null;
  const [payment, shipment, reservation] = [payments[0], shipments[0], reservations.find(({ status }) => status === "CLAIMED")];
  if (payment) return `payment ${payment.paymentId} is of an order that there is not`;
  if (shipment) return `parcel ${shipment.shipmentId} is of an order that there is not`;
  if (reservation) return `reservation ${reservation.reservationId} was taken over by an order that there is not`;
  return ledger.length > 0 ? "the ledger has lines of an order that there is not" : null;
}

function refundsBounded({ money: { capturedMinor, refundedMinor, strayMinor, strayRefundedMinor } }: OrderPicture): string | null {
  if (refundedMinor > capturedMinor) return `${refundedMinor} were refunded of ${capturedMinor} captured`;
  return strayRefundedMinor > strayMinor ? `${strayRefundedMinor} were refunded of ${strayMinor} that came twice` : null;
}

function ledgerBalances({ ledger }: OrderPicture): string | null {
  const rests = new Map<string, number>();
  for (const { entryId, currency, amountMinor } of ledger) {
    const entry = `${entryId.slice(0, entryId.lastIndexOf("/"))} ${currency}`;
    rests.set(entry, (rests.get(entry) ?? 0) + amountMinor);
  }
  const wrong = [...rests].find(([, rest]) => rest !== 0);
  return wrong ? `debits and credits of ${wrong[0]} differ by ${wrong[1]}` : null;
}

function ledgerIsPayment({ order, payments, money }: OrderPicture): string | null {
  const [captured, refunded] = [sum(payments.map(({ capturedMinor }) => capturedMinor)), sum(payments.map(({ refundedMinor }) => refundedMinor))];
  if (captured !== money.capturedMinor) return `the payment has ${captured} captured, the ledger ${money.capturedMinor}`;
  if (refunded !== money.refundedMinor) return `the payment has ${refunded} refunded, the ledger ${money.refundedMinor}`;
  const owed = order ? order.totalMinor - order.revertedMinor : money.owedMinor;
  return owed === money.owedMinor ? null : `the order owes ${owed}, the ledger says ${money.owedMinor}`;
}

function paidIsOwed(picture: OrderPicture): string | null {
  const { order, money } = picture;
  if (!order || !paidStages.has(order.stage) || isSettled(money)) return null;
  const { receivableMinor, owedMinor, capturedMinor } = money;
  if (capturedMinor === 0 && isAuthorized(picture)) return receivableMinor === owedMinor ? null : `${receivableMinor} are to be paid, ${owedMinor} are owed`;
  return receivableMinor > 0 ? `it is ${order.stage}, and ${receivableMinor} of ${owedMinor} are not paid` : `${-receivableMinor} more were kept than are owed`;
}

/** Money that is only promised is enough until a parcel leaves. */
function shippedIsCaptured({ order, payments, money: { owedMinor, capturedMinor } }: OrderPicture): string | null {
  if (!order || !shippedStages.has(order.stage) || owedMinor <= 0 || capturedMinor > 0) return null;
  return payments.some(({ status, provider }) => status === "AUTHORIZED" && provider === cashOnDelivery) ? null : `it is ${order.stage}, and nothing is captured of ${owedMinor}`;
}

function cancelledIsSettled(picture: OrderPicture): string | null {
  const { order, money } = picture;
  if (order?.stage !== "CANCELLED") return null;
  if (!isSettled(money)) return money.receivableMinor < 0 ? `it is cancelled, and ${-money.receivableMinor} are not given back` : `it is cancelled, and ${money.receivableMinor} too much were given back`;
  return isAuthorized(picture) ? "it is cancelled, and what was set aside for it was not let go" : null;
}

function parcelsHoldOrder({ order, shipments }: OrderPicture): string | null {
  if (!order || !packedStages.has(order.stage)) return null;
  const known = new Map(shipments.map((shipment) => [shipment.shipmentId, shipment]));
  const left = new Map<string, number>();
  for (const { sku, quantity, cancelled = 0 } of order.lines) left.set(sku, (left.get(sku) ?? 0) + quantity - cancelled);
  for (const shipmentId of order.shipmentIds) {
    const shipment = known.get(shipmentId);
    if (!shipment) return `its parcel ${shipmentId} is not known`;
    for (const { sku, quantity } of shipment.lines) left.set(sku, (left.get(sku) ?? 0) - quantity);
  }
  const wrong = [...left].find(([, units]) => units !== 0);
  return wrong ? `its parcels hold ${wrong[1] > 0 ? `${wrong[1]} less` : `${-wrong[1]} more`} of ${wrong[0]} than was ordered` : null;
}

function reservationIsClaimed({ order, orderId, reservationId, reservations }: OrderPicture): string | null {
  if (!order) return null;
  const stray = reservations.find((each) => each.orderId === orderId && each.reservationId !== reservationId);
  if (stray) return `reservation ${stray.reservationId} says that it took it over, and the order does not`;
  if (reservationId === null) return null;
  const own = reservations.find((each) => each.reservationId === reservationId);
  return own?.status === "CLAIMED" && own.orderId === orderId ? null : `it took reservation ${reservationId} over, which ${own ? `is ${own.status} of ${own.orderId ?? "nobody"}` : "there is not"}`;
}

/** Units of the shelf. Those of sales and of reservations were set aside by others, numbered ones say themselves whose they are. */
function stockFollowsOrder({ order, reservationId, stock }: OrderPicture): string | null {
  if (!order || reservationId !== null) return null;
  const elsewhere = new Set(order.lines.filter(({ saleId, unitIds }) => saleId !== undefined || unitIds !== undefined).map(({ sku }) => sku));
  const wanted = new Map<string, number>();
  for (const { sku, quantity, cancelled = 0 } of order.lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity - cancelled);
  const found = [...wanted].filter(([sku]) => !elsewhere.has(sku)).map(([sku, units]) => stockOfSku(order, sku, units, stock.get(sku) ?? { onHand: 0, reserved: 0 }));
  return found.find((text) => text !== null) ?? null;
}

function stockOfSku({ stage, returns, strays }: OrderCardRow, sku: string, units: number, { onHand, reserved }: StockSum): string | null {
  const [counted, uncounted] = [strays.filter((stray) => stray.counted), strays.filter((stray) => !stray.counted)];
  const booked = returns.filter(({ shipmentId }) => !uncounted.some((stray) => stray.shipmentId === shipmentId));
  const restocked = sum(booked.flatMap(({ inspected }) => inspected ?? []).filter((line) => line.sku === sku).map((line) => line.restocked));
  const strayed = sum(counted.flatMap(({ lines }) => lines).filter((line) => line.sku === sku).map((line) => line.quantity));
  const shipped = restocked - strayed - onHand;
  const held = stage === "CANCELLED" ? 0 : units - shipped;
  if (reserved !== held) return `${held} of ${sku} are to be set aside for it, ${reserved} are`;
  if (shipped !== 0 && !shippedStages.has(stage)) return `it is ${stage}, and ${shipped} of ${sku} have left`;
  if (held !== 0 && (stage === "DELIVERED" || stage === "RETURNED")) return `it is ${stage}, and ${held} of ${sku} have not left`;
  return null;
}

/** Courier, provider and buyer move an order by news; before that it is a job that does. */
function orderMoves({ order, payments }: OrderPicture): string | null {
  if (!order || order.status === "ON_HOLD" || (order.stage !== "PLACED" && order.stage !== "PAID")) return null;
  if (order.stage === "PLACED" && payments.some(({ status, awaitedMinor }) => status === "PENDING" && awaitedMinor > 0)) return null;
  return `it is ${order.stage}, and nothing moves it`;
}

function isAuthorized({ payments }: OrderPicture): boolean {
  return payments.some(({ status }) => status === "AUTHORIZED");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
