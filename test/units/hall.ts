import { receiveUnits, type ReceivedUnit } from "../../src/commands/inventory/receive-units.js";
import { reserveUnitsWith, type ReserveUnitsAnswer } from "../../src/commands/inventory/reserve-units.js";
import type { UnitWish } from "../../src/commands/inventory/unit-wish.js";
import type { CommandOutcome } from "../../src/platform/bus/command-bus.js";
import type { PostgresCommandBus } from "../../src/platform/bus/postgres-command-bus.js";
import { SystemError } from "../../src/platform/errors.js";
import { until } from "../replication/until.js";
import { by, customer, openShop, operator, type Shop } from "../bus/shop.js";

export const reserveUnits = reserveUnitsWith(600);
export const buyer = "customer:c1";
export type Reserved = CommandOutcome<ReserveUnitsAnswer>;

/** A unit as its row has it. */
export interface Seat {
  readonly unitId: string;
  readonly state: string;
  readonly reservationId: string | null;
  readonly orderId: string | null;
  readonly version: number;
}

/** Seats of some rows, e.g. `{ A: 10 }` for. */
export function seatsOf(rows: Readonly<Record<string, number>>): readonly ReceivedUnit[] {
  return Object.entries(rows).flatMap(([row, places]) => Array.from({ length: places }, (_, index) => ({ unitId: `${row}-${String(index + 1)}`, row, place: index + 1 })));
}

export const named = (sku: string, ...unitIds: readonly string[]): UnitWish => ({ sku, quantity: unitIds.length, unitIds, adjacent: false });
export const any = (sku: string, quantity: number): UnitWish => ({ sku, quantity, unitIds: null, adjacent: false });
export const adjacent = (sku: string, quantity: number): UnitWish => ({ sku, quantity, unitIds: null, adjacent: true });

/** A shop with halls of numbered seats. */
export class Hall {
  private constructor(readonly shop: Shop, readonly bus: PostgresCommandBus) {}

  static async open(): Promise<Hall> {
    const shop = await openShop();
    return new Hall(shop, shop.process());
  }

  async furnish(sku: string, rows: Readonly<Record<string, number>>): Promise<void> {
    await this.shop.stock({ [sku]: 0 });
    const { refusal } = await this.bus.execute(receiveUnits, { sku, units: seatsOf(rows) }, by(operator));
    if (refusal) throw new Error(refusal.message);
  }

  reserve(lines: readonly UnitWish[], { bus = this.bus, key, holder = buyer }: { readonly bus?: PostgresCommandBus; readonly key?: string; readonly holder?: string } = {}): Promise<Reserved> {
    return bus.execute(reserveUnits, { buyer: holder, lines }, by(customer, key));
  }

  /** Repeats with the same key for as long as it is told to come again. */
  async insist(lines: readonly UnitWish[], bus: PostgresCommandBus, key: string): Promise<Reserved> {
    for (;;) {
      try {
        return await this.reserve(lines, { bus, key });
      } catch (error) {
        if (!(error instanceof SystemError && error.code === "UNAVAILABLE")) throw error;
      }
    }
  }

  async seats(sku: string): Promise<readonly Seat[]> {
    const { rows } = await this.shop.pool.query<Seat>(
      `SELECT unit_id AS "unitId", state, reservation_id AS "reservationId", order_id AS "orderId", version FROM stock_unit WHERE sku = $1 ORDER BY row_label, place`, [sku]);
    return rows;
  }

  async seat(sku: string, unitId: string): Promise<Seat> {
    const found = (await this.seats(sku)).find((seat) => seat.unitId === unitId);
    if (!found) throw new Error(`there is no ${unitId}`);
    return found;
  }

  /** Lets the time of what is held be over: the clock is the primary's. */
  async letExpire(reservationId: string): Promise<void> {
    await this.shop.pool.query("UPDATE stock_unit SET held_until = clock_timestamp() - interval '1 minute' WHERE reservation_id = $1", [reservationId]);
  }

  /** Holds for a second: there is no shorter time. */
  readonly shortReservation = reserveUnitsWith(1);

  /** Waits until the primary's clock has passed a time. */
  async clockPasses(time: string): Promise<void> {
    await until(`it is later than ${time}`, async () => (await this.shop.pool.query("SELECT WHERE clock_timestamp() > $1::timestamptz", [time])).rowCount === 1);
  }

  close(): Promise<void> {
    return this.shop.close();
  }
}

/** Everybody's answer in one word: what was refused, or `RESERVED`. */
export function wordsOf(outcomes: readonly Reserved[]): Record<string, number> {
  const words: Record<string, number> = {};
  for (const { refusal } of outcomes) words[refusal?.code ?? "RESERVED"] = (words[refusal?.code ?? "RESERVED"] ?? 0) + 1;
  return words;
}

export function unitsOf({ answer }: Reserved): readonly string[] {
  return (answer?.lines ?? []).flatMap(({ unitIds = [] }) => unitIds);
}
