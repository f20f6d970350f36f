import fc from "fast-check";
import type { recordBooking, moveShipment } from "../../src/commands/shipping/shipment/record-shipment.js";
import type { CommandDefinition } from "../../src/kernel/command.js";
import { newId } from "../../src/kernel/ids.js";
import { asking, bookingFacts } from "../support/booked-parcel.js";

type InputOf<Definition> = Definition extends CommandDefinition<infer Input, never> | CommandDefinition<infer Input, infer _Answer> ? Input : never;
type Move = InputOf<typeof moveShipment>["step"];

/** One parcel's life as somebody might tell it to us; not all of it is believed. */
export interface ParcelHistory {
  /** Each by another courier, since one that is in doubt is not asked again. */
  readonly refusals: readonly { readonly code: string; readonly inDoubt: boolean }[];
  /** Which of the refusals made the label after all; else a further attempt does. */
  readonly adopted: number | null;
  readonly courier: number;
  readonly service: string | null;
  readonly region: string;
  readonly bookedHoursAgo: number;
  readonly priceMinor: number | null;
  readonly promisedDays: number | null;
  readonly news: readonly Move[];
}

const hourMs = 3_600_000;
const couriersCount = 3;
/** Half an hour away from now, so that nothing falls due while the test runs. */
const base = new Date(Date.now() - hourMs / 2).getTime();
const hoursAgo = (hours: number): string => new Date(base - hours * hourMs).toISOString();

const time = fc.integer({ min: 0, max: 700 }).map(hoursAgo);
const scan = fc.tuple(fc.constantFrom("in_transit", "out_for_delivery", "delivered", "delivered", "failure", "return_to_sender"), time, fc.integer({ min: 1, max: 4 }))
  .map(([status, occurredAt, number]): Move => ({
    type: "RecordScans", scans: [{ scanId: `s${String(number)}`, rawCode: status, status, reasonCode: null, city: null, occurredAt } as const],
  }));
const news: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: scan },
  { weight: 2, arbitrary: time.map((handedOverAt): Move => ({ type: "HandOver", handedOverAt })) },
  { weight: 1, arbitrary: time.map((lostAt): Move => ({ type: "DeclareLost", lastNewsAt: lostAt, lostAt })) },
  { weight: 1, arbitrary: fc.constantFrom("failures", "left_after_cancellation").map((cause): Move => ({ type: "StartReturn", cause })) },
  { weight: 1, arbitrary: fc.constant<Move>({ type: "RecordCancellation", reason: "called off" }) },
);

export const parcelHistory: fc.Arbitrary<ParcelHistory> = fc.record({
  refusals: fc.array(fc.record({ code: fc.constantFrom("timeout", "unavailable", "held_back", "abandoned"), inDoubt: fc.boolean() }), { maxLength: 2 }),
  adopted: fc.option(fc.nat(1), { freq: 3 }),
  courier: fc.nat(couriersCount - 1),
  service: fc.constantFrom(null, "express"),
  region: fc.constantFrom("DE-1", "DE-8"),
  bookedHoursAgo: fc.integer({ min: 0, max: 600 }),
  priceMinor: fc.option(fc.integer({ min: 100, max: 2_000 })),
  promisedDays: fc.option(fc.integer({ min: 1, max: 6 }).map((days) => days / 2)),
  news: fc.array(news, { maxLength: 6 }),
});

export interface Telling {
  move(input: InputOf<typeof moveShipment>): Promise<unknown>;
  book(input: InputOf<typeof recordBooking>): Promise<unknown>;
}

/** Lives it through, command by command. @param courierOf name of the n-th courier */
export async function tell(history: ParcelHistory, courierOf: (number: number) => string, { move, book }: Telling): Promise<void> {
  const { refusals, adopted, service, region, priceMinor, promisedDays, bookedHoursAgo } = history;
  const ids = { shipmentId: newId(), orderId: newId() };
  const step = (what: Move): Promise<unknown> => move({ ...ids, step: what });
  const found = refusals.findIndex(({ inDoubt }, place) => inDoubt && place === adopted);
  const askedOf = (courier: number, of: string | null) => ({ ...asking(ids, courierOf(courier)).next, service: of, region });
  // Who is found out to have made the label is asked for that very service.
  const attempts = [...refusals.map((_refusal, place) => askedOf((history.courier + 1 + place) % couriersCount, place === found ? service : null)), ...(found === -1 ? [askedOf(history.courier, service)] : [])];
  const { decision } = asking(ids, attempts[0]!.courierId);
  await step({ type: "Decide", decision, next: attempts[0]!, delayReason: "" });
  for (const [place, { code, inDoubt }] of refusals.entries()) {
    await step({ type: "GiveUpAttempt", attempt: place + 1, code, message: "", inDoubt, next: attempts[place + 1] ?? null });
  }
  const attempt = found === -1 ? attempts.length : found + 1;
  const bookedAt = hoursAgo(bookedHoursAgo);
  await book({
    ...bookingFacts, ...ids, attempt, courierId: attempts[attempt - 1]!.courierId, service, region, priceMinor, promisedDays, bookedAt,
    handOverBy: new Date(Date.parse(bookedAt) + 8 * hourMs).toISOString(), bookingReference: newId(), trackingCode: newId(),
    lines: [{ sku: "LAMP", quantity: 1 }], weightGrams: 800, parcelCount: 1,
  });
  for (const what of history.news) await step(what);
}
