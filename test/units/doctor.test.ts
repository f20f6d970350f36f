import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type pg from "pg";
import { examineUnits } from "../../src/cli/doctor/check-units.js";
import { examineConservation } from "../../src/cli/doctor/conservation.js";
import { cancelOrder } from "../../src/commands/orders/cancel-order.js";
import { confirmParcelBooked } from "../../src/commands/orders/follow-order.js";
import { advanceParcel } from "../../src/commands/orders/follow-parcel.js";
import { placeReservedOrderWith } from "../../src/commands/orders/place-order.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { by, customer, operator } from "../bus/shop.js";
import { Hall, named } from "./hall.js";

const placeReserved = placeReservedOrderWith({ currency: "EUR", baseMinor: 490, perKilogramMinor: 50, taxBasisPoints: 0 });

/** A hall with a seat in each state that a seat can rest in; each test damages it, looks, and mends it. */
describe("the doctor's laws of numbered units", () => {
  let hall: Hall;
  let reservationId: string;
  let orderId: string;
  beforeAll(async () => {
    hall = await Hall.open();
    await hall.furnish("SEAT", { A: 7 });
    ({ commandId: reservationId } = await hall.reserve([named("SEAT", "A-1")]));
    orderId = await claimed("A-2");
    const called = await claimed("A-3");
    await hall.bus.execute(cancelOrder, { orderId: called, reason: "" }, by(customer));
    const sent = await claimed("A-4");
    await hall.bus.execute(confirmParcelBooked, { orderId: sent, shipmentId: "s1", lines: [{ sku: "SEAT", quantity: 1 }], parcelCount: 1 }, by(operator));
    await hall.bus.execute(advanceParcel, { orderId: sent, shipmentId: "s1", milestone: "left" }, by(operator));
    // One whose parcel left though it had been called off.
    const strayed = await claimed("A-7");
    await hall.bus.execute(confirmParcelBooked, { orderId: strayed, shipmentId: "s2", lines: [{ sku: "SEAT", quantity: 1 }], parcelCount: 1 }, by(operator));
    await hall.bus.execute(cancelOrder, { orderId: strayed, reason: "" }, by(customer));
    await hall.bus.execute(advanceParcel, { orderId: strayed, shipmentId: "s2", milestone: "left" }, by(operator));
    const lost = await hall.reserve([named("SEAT", "A-5")]);
    await hall.letExpire(lost.commandId);
    await hall.reserve([named("SEAT", "A-5")]);
    // The time of the one who lost it was over for the log as well.
    await onPrimary("UPDATE event_log SET data = jsonb_set(data::jsonb, '{expiresAt}', '\"2020-01-01T00:00:00.000Z\"')::json WHERE stream_id = $1", [`reservation-${lost.commandId}`]);
    await onPrimary("UPDATE hold_line SET expires_at = '2020-01-01' WHERE reservation_id = $1", [lost.commandId]);
  });
  afterAll(() => hall.close());

  async function claimed(unitId: string): Promise<string> {
    const { commandId } = await hall.reserve([named("SEAT", unitId)]);
    return (await hall.bus.execute(placeReserved, { customerId: "c1", reservationId: commandId, guest: null }, by(customer))).commandId;
  }
  const onPrimary = (sql: string, values: unknown[] = []): Promise<pg.QueryResult> => withClient({ url: hall.shop.primary.adminUrl }, (client) => client.query(sql, values));

  /** What was found wrong, by check. */
  async function look(): Promise<Record<string, string>> {
    const wrong = (await withClient({ url: hall.shop.primary.adminUrl }, examineUnits)).filter(({ problems }) => problems.length > 0);
    return Object.fromEntries(wrong.map(({ check, problems }) => [check, problems.map(({ text }) => text).join("\n")]));
  }

  /** Changes a seat's row, looks, and puts the row back. */
  async function damaged(unitId: string, change: string): Promise<Record<string, string>> {
    const { rows: [before] } = await onPrimary("SELECT row_to_json(u) AS row FROM stock_unit u WHERE unit_id = $1", [unitId]) as { rows: { row: object }[] };
    expect((await onPrimary(`${change} WHERE unit_id = $1`, [unitId])).rowCount).toBe(1);
    try {
      return await look();
    } finally {
      await onPrimary("DELETE FROM stock_unit WHERE unit_id = $1", [unitId]);
      await onPrimary("INSERT INTO stock_unit SELECT * FROM json_populate_record(NULL::stock_unit, $1)", [JSON.stringify(before?.row)]);
    }
  }

  it("hold in a hall that is well", async () => {
    expect((await hall.seats("SEAT")).map(({ state }) => state)).toEqual(["held", "sold", "free", "gone", "held", "free", "gone"]);
    expect(await look()).toEqual({});
    // The other laws leave numbered units alone. The parcel was sent without a courier, and nothing is swept.
    const examined = await examineConservation(hall.shop.primary.adminUrl, 0);
    expect(examined.filter(({ problems }) => problems.length > 0).map(({ check }) => check).sort()).toEqual(["shipments", "sweeper"]);
  });

  it("see a row that is not what its last fact says", async () => {
    const freed = "UPDATE stock_unit SET state = 'free', reservation_id = NULL, order_id = NULL, held_until = NULL";
    expect(await damaged("A-1", freed)).toEqual({
      unit_facts: `unit SEAT/A-1: its row says free of nobody, its last fact held of ${reservationId}`,
      unit_owners: `reservation ${reservationId} names unit SEAT/A-1, which is free of nobody`,
    });
    expect(await damaged("A-2", freed)).toMatchObject({ unit_owners: `order ${orderId} names unit SEAT/A-2, which is free of nobody` });
    expect(await damaged("A-6", "UPDATE stock_unit SET version = 2")).toEqual({ unit_facts: "unit SEAT/A-6: its row is at version 2, its last fact at 1" });
    expect(await damaged("A-6", "UPDATE stock_unit SET place = 7")).toMatchObject({ unit_facts: expect.stringContaining("its row says free") });
    expect(await damaged("A-6", "DELETE FROM stock_unit")).toEqual({ unit_facts: "unit SEAT/A-6: there is no row" });
  });

  it("see a unit that is sold to somebody who does not have it", async () => {
    expect(await damaged("A-6", `UPDATE stock_unit SET state = 'sold', order_id = '${orderId}'`)).toEqual({
      unit_facts: `unit SEAT/A-6: its row says sold of ${orderId}, its last fact free of nobody`,
      unit_owners: `unit SEAT/A-6 is sold to order ${orderId}, which was called off or does not name it`,
    });
    expect(await damaged("A-6", `UPDATE stock_unit SET state = 'held', held_until = now(), reservation_id = '${reservationId}'`)).toMatchObject({
      unit_owners: `unit SEAT/A-6 is held by reservation ${reservationId}, which is not open or does not name it`,
    });
  });

  it("see a fact that is missing, and one too many", async () => {
    const streamId = `reservation-${reservationId}`;
    await onPrimary("UPDATE event_log SET data = (data::jsonb - 'units')::json WHERE stream_id = $1 AND version = 1", [streamId]);
    expect(await look()).toEqual({ unit_facts: "unit SEAT/A-1: its row is at version 2, its last fact at 1" });
    await onPrimary("UPDATE event_log SET data = jsonb_set(data::jsonb, '{units}', $2)::json WHERE stream_id = $1 AND version = 1", [streamId, JSON.stringify([
      { sku: "SEAT", unitId: "A-1", state: "held", version: 1 }, { sku: "SEAT", unitId: "A-1", state: "held", version: 2 },
    ])]);
    expect((await look())["unit_facts"]).toBe("unit SEAT/A-1: its facts have no version 2 or have it twice");
  });
});
