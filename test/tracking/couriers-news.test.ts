import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { eraseCustomer } from "../../src/commands/customers/erase-customer.js";
import { moveShipment } from "../../src/commands/shipping/shipment/record-shipment.js";
import { handOver } from "../../src/commands/shipping/tracking/hand-over.js";
import { silenceRounds } from "../../src/commands/shipping/tracking/silence.job.js";
import { unscannedRounds } from "../../src/commands/shipping/tracking/unscanned.job.js";
import { newId } from "../../src/kernel/ids.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { by, customer, operator, order } from "../bus/shop.js";
import { eventually } from "../simulators/webhook-receiver.js";
import { secret, TrackingDesk, type Parcel } from "./tracking-desk.js";

let desk: TrackingDesk;
beforeAll(async () => { desk = await TrackingDesk.open(); });
afterAll(() => desk.close());

const queue = "webhooks.couriers";

interface Told {
  readonly id?: string;
  readonly secretWord?: string;
  readonly courierId?: string;
  readonly atMs?: number;
}

/** A courier's webhook with these scans, each a code and its hour. */
async function tell(trackingCode: string, scans: readonly (readonly [code: string, hour: number])[], { id = newId(), secretWord, courierId = "calm", atMs = Date.now() }: Told = {}): Promise<number> {
  const body = JSON.stringify({
    id, type: "tracking.updated", created_at: new Date(atMs).toISOString(),
    data: { tracking_code: trackingCode, booking_id: "b", scans: scans.map(([code, hour]) => ({ code, city: "Leeds", at: new Date(Date.UTC(2026, 0, 2, hour)).toISOString() })) },
  });
  const time = String(Math.floor(atMs / 1_000));
  const key = Buffer.from(secret(secretWord ?? courierId).slice("whsec_".length), "base64");
  const signature = `v1,${createHmac("sha256", key).update(`${id}.${time}.${body}`).digest("base64")}`;
  const answer = await desk.door.inject({
    method: "POST", url: `/webhooks/couriers/${courierId}`, payload: body,
    headers: { "content-type": "application/json", "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signature },
  });
  return answer.statusCode;
}

const inboxJobs = async (): Promise<number> => Number((await desk.shop.pool.query<{ count: string }>("SELECT count(*) FROM pgboss.job WHERE name = $1 AND state = 'created'", [queue])).rows[0]?.count);
const days = (count: number): string => new Date(Date.now() + count * 86_400_000).toISOString();

describe("the couriers' door", () => {
  it("takes each courier's news into the one inbox, by either secret while one is rotated", async () => {
    const parcel = await desk.booked();
    const before = await inboxJobs();
    expect(await tell(parcel.trackingCode, [["PICKED_UP", 1]])).toBe(200);
    expect(await tell(parcel.trackingCode, [["ARRIVED_AT_HUB", 2]], { secretWord: "next" })).toBe(200);
    expect(await inboxJobs()).toBe(before + 2);
    expect(await desk.work(queue)).toEqual([]);
    expect(await desk.story(parcel)).toEqual(["PICKED_UP", "ARRIVED_AT_HUB"]);
  });

  it("turns away who signs wrongly, too late, for another courier, or is nobody's", async () => {
    const parcel = await desk.booked();
    const before = await inboxJobs();
    expect(await tell(parcel.trackingCode, [["PICKED_UP", 1]], { secretWord: "guessed" })).toBe(401);
    expect(await tell(parcel.trackingCode, [["PICKED_UP", 1]], { atMs: Date.now() - 3_600_000 })).toBe(401);
    expect(await tell(parcel.trackingCode, [["PICKED_UP", 1]], { secretWord: "old" })).toBe(401);
    expect(await tell(parcel.trackingCode, [["PICKED_UP", 1]], { courierId: "nobody" })).toBe(404);
    expect(await inboxJobs()).toBe(before);
  });

  it("hears the couriers themselves, over the network", async () => {
    const parcel = await desk.booked("old");
    const before = await inboxJobs();
    desk.seen(parcel, "PICKED_UP", "old");
    let waiting = before;
    await eventually("the courier's webhook", () => {
      void inboxJobs().then((count) => { waiting = count; });
      return waiting > before;
    });
    expect(await desk.work(queue)).toEqual([]);
    expect(await desk.story(parcel)).toContain("PICKED_UP");
  });
});

describe("news of a parcel", () => {
  it("told ten times under ten ids, and reversed, is recorded once, and by its own time", async () => {
    const parcel = await desk.booked();
    const journey = [["DELIVERED", 4], ["OUT_FOR_DELIVERY", 3], ["PICKED_UP", 1]] as const;
    for (let turn = 0; turn < 10; turn += 1) for (const scan of journey) await tell(parcel.trackingCode, [scan]);
    expect(await desk.work(queue)).toEqual([]);
    expect(await desk.story(parcel)).toEqual(["DELIVERED", "OUT_FOR_DELIVERY", "PICKED_UP"]);
    expect(await desk.state(parcel)).toMatchObject({ status: "delivered" });
    expect(await desk.watch(parcel)).toBeNull();
  });

  it("from the future counts by its status only", async () => {
    const parcel = await desk.booked();
    await tell(parcel.trackingCode, [["OUT_FOR_DELIVERY", 24 * 365 * 10]]);
    await tell(parcel.trackingCode, [["ATTEMPT_FAILED", 4]]);
    await desk.work(queue);
    expect(await desk.state(parcel)).toMatchObject({ status: "failure", failures: 1 });
  });

  it("that overtakes its booking waits for it", async () => {
    const early = await desk.booked("calm", { recorded: false });
    await tell(early.trackingCode, [["PICKED_UP", 1]]);
    expect(await desk.work(queue)).toEqual([expect.stringContaining("(yet)")]);
    await desk.record(early);
    expect(await desk.work(queue)).toEqual([]);
    expect(await desk.story(early)).toEqual(["PICKED_UP"]);
  });

  it("of parcels that are nobody's is set aside when it is no longer young, with one warning for all", async () => {
    const codes = ["STRAY-1", "STRAY-2", "STRAY-1"];
    for (const code of codes) await tell(code, [["PICKED_UP", 1]]);
    await tell("STRAY-3", [["LABEL_CREATED", 1]]);
    expect(await desk.work(queue)).toHaveLength(4);
    await withClient({ url: desk.shop.primary.adminUrl }, (client) => client.query("UPDATE webhook_inbox SET received_at = received_at - interval '1 hour'"));
    expect(await desk.work(queue)).toEqual([]);
    const { rows } = await desk.shop.pool.query("SELECT code, times::int FROM stray_news ORDER BY code");
    expect(rows).toEqual([{ code: "calm/STRAY-1", times: 2 }, { code: "calm/STRAY-2", times: 1 }, { code: "calm/STRAY-3", times: 1 }]);
    expect(desk.told("parcels_unknown:calm")).toBe(1);
  });

  it("under a code that the courier uses again is the later parcel's", async () => {
    const old = await desk.booked();
    const again = { ...await desk.booked("calm", { recorded: false }), trackingCode: old.trackingCode };
    await tell(old.trackingCode, [["PICKED_UP", 1], ["DELIVERED", 2]]);
    await desk.work(queue);
    await desk.record(again);
    await tell(again.trackingCode, [["PICKED_UP", 9]]);
    expect(await desk.work(queue)).toEqual([]);
    expect([await desk.story(old), await desk.story(again)]).toEqual([["PICKED_UP", "DELIVERED"], ["PICKED_UP"]]);
  });

  it("in a word that nobody knows is kept as it came, and a person hears of the word once", async () => {
    const [one, other] = [await desk.booked(), await desk.booked()];
    for (const { trackingCode } of [one, other]) await tell(trackingCode, [["SORT-7F", 1], ["PICKED_UP", 2]]);
    await desk.work(queue);
    expect(await desk.story(one)).toEqual(["SORT-7F", "PICKED_UP"]);
    expect(desk.told("tracking_code_unknown:calm/SORT-7F")).toBe(1);
  });

  it("of a courier that the settings do not name any more fails with a reason, and is there when it is back", async () => {
    const parcel = await desk.booked();
    await tell(parcel.trackingCode, [["PICKED_UP", 1]]);
    desk.gone.add("calm");
    const errors = await desk.work(queue);
    desk.gone.delete("calm");
    expect(errors).toEqual([expect.stringContaining("the courier calm is not in the settings")]);
    expect(desk.told("courier_unknown:calm")).toBe(1);
    expect(await desk.work(queue)).toEqual([]);
    expect(await desk.story(parcel)).toEqual(["PICKED_UP"]);
  });
});

describe("a courier that is silent", () => {
  it("is not asked before it is silent for longer than usual", async () => {
    const parcel = await desk.booked();
    const calls = desk.simulators.calm.calls().track;
    await desk.lookAfter(parcel, { silentSeconds: 10 });
    expect(desk.simulators.calm.calls().track).toBe(calls);
    expect(await desk.watch(parcel)).toMatchObject({ polls: 0 });
    expect((await desk.watch(parcel))!.inSeconds).toBeGreaterThan(40);
  });

  it("is asked, and what it did not tell is recorded", async () => {
    const parcel = await desk.booked();
    desk.simulators.calm.setQuirks({ silent: true });
    desk.seen(parcel, "PICKED_UP");
    await desk.lookAfter(parcel);
    desk.simulators.calm.setQuirks({ silent: false });
    expect(await desk.story(parcel)).toContain("PICKED_UP");
    expect(await desk.watch(parcel)).toMatchObject({ polls: 0, seen: true });
  });

  it("is asked less and less while there is nothing new, and sooner again where it could not be reached", async () => {
    const parcel = await desk.booked();
    const waits: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      await desk.lookAfter(parcel);
      waits.push(Math.round((await desk.watch(parcel))!.inSeconds / 60));
    }
    expect(waits).toEqual([1, 2, 4]);
    desk.simulators.calm.setQuirks({ down: true });
    await desk.lookAfter(parcel);
    desk.simulators.calm.setQuirks({ down: false });
    expect(await desk.watch(parcel)).toMatchObject({ polls: 3 });
  });

  it("counts from its last news once it holds the parcel, however early that was", async () => {
    const [early, label] = [await desk.booked(), await desk.booked()];
    await tell(early.trackingCode, [["PICKED_UP", 1]]);
    await tell(label.trackingCode, [["LABEL_CREATED", 1]]);
    await desk.work(queue);
    const asked = async (parcel: Parcel): Promise<number> => {
      await desk.shop.pool.query("UPDATE parcel_watch SET look_at = now() + CASE WHEN shipment_id = $1 THEN -interval '1 s' ELSE interval '1 day' END, last_news_at = now() - interval '300 s', hand_over_by = now() + interval '8 h'", [parcel.shipmentId]);
      const calls = desk.simulators.calm.calls().track;
      await silenceRounds({ ...desk.jobs, lostAfterSeconds: 1_000, pollMaxSeconds: 3_600 })();
      return desk.simulators.calm.calls().track - calls;
    };
    expect([await asked(early), await asked(label)]).toEqual([1, 0]);
  });

  it("for too long: the parcel is lost, and found by the next news", async () => {
    const parcel = await desk.booked();
    await tell(parcel.trackingCode, [["PICKED_UP", 1]]);
    await desk.work(queue);
    await desk.lookAfter(parcel, { silentSeconds: 2_000 });
    expect(await desk.story(parcel)).toEqual(["PICKED_UP", "ShipmentLost"]);
    expect(desk.told(`parcel_lost:${parcel.shipmentId}`)).toBe(1);
    expect(await desk.watch(parcel)).toBeNull();
    await tell(parcel.trackingCode, [["ARRIVED_AT_HUB", 9]]);
    await desk.work(queue);
    expect(await desk.state(parcel)).toMatchObject({ lostAt: null, status: "in_transit" });
    expect(await desk.watch(parcel)).toMatchObject({ polls: 0 });
  });

  it("and cannot be asked has not said that it knows nothing: the parcel is not lost before that has gone on as long again", async () => {
    const parcel = await desk.booked();
    await tell(parcel.trackingCode, [["PICKED_UP", 1]]);
    await desk.work(queue);
    desk.simulators.calm.setQuirks({ down: true });
    await desk.lookAfter(parcel, { silentSeconds: 1_500 });
    expect(await desk.state(parcel)).toMatchObject({ lostAt: null });
    expect(await desk.watch(parcel)).toMatchObject({ polls: 0 });
    await desk.lookAfter(parcel, { silentSeconds: 2_500 });
    desk.simulators.calm.setQuirks({ down: false });
    expect(await desk.story(parcel)).toEqual(["PICKED_UP", "ShipmentLost"]);
  });

  it("of a parcel on its way back: a person looks for it, since it is nobody's loss yet", async () => {
    const parcel = await desk.booked();
    await tell(parcel.trackingCode, [["PICKED_UP", 1], ["RETURNING", 2]]);
    await desk.work(queue);
    await desk.lookAfter(parcel, { silentSeconds: 2_000 });
    expect(await desk.story(parcel)).toEqual(["PICKED_UP", "RETURNING", "ShipmentReturnStarted"]);
    expect(desk.told(`return_overdue:${parcel.shipmentId}`)).toBe(1);
  });

  it("of a parcel that was called off is not asked, and one that is back is not watched", async () => {
    const [calledOff, back] = [await desk.booked(), await desk.booked()];
    await desk.bus.execute(moveShipment, { ...idsOf(calledOff), step: { type: "RecordCancellation", reason: "changed" } }, by(operator));
    await tell(back.trackingCode, [["PICKED_UP", 1], ["RETURNING", 4], ["RETURNED", 5]]);
    await tell(back.trackingCode, [["ARRIVED_AT_HUB", 2]]);
    await desk.work(queue);
    expect(await desk.watch(back)).toBeNull();
    const calls = desk.simulators.calm.calls().track;
    await desk.lookAfter(calledOff);
    expect(desk.simulators.calm.calls().track).toBe(calls);
    expect(await desk.watch(calledOff)).toBeNull();
  });

  it("is looked after once, however many look", async () => {
    const parcel = await desk.booked();
    const calls = desk.simulators.calm.calls().track;
    await desk.lookAfter(parcel, { rounds: 5 });
    expect(desk.simulators.calm.calls().track).toBe(calls + 1);
  });
});

describe("how long a courier is usually silent", () => {
  it("is learnt from its news, by lane, and shared by all processes", async () => {
    const { gaps } = desk.jobs;
    expect(gaps.silenceSeconds("calm", "NL-1")).toBe(60);
    for (let count = 0; count < 30; count += 1) gaps.note("calm", "NL-1", 30);
    await gaps.share();
    expect(gaps.silenceSeconds("calm", "NL-1")).toBeCloseTo(90);
    for (let count = 0; count < 2_000; count += 1) gaps.note("calm", "NL-1", 1_000);
    await gaps.share();
    expect(gaps.silenceSeconds("calm", "NL-1")).toBe(120);
    expect(gaps.silenceSeconds("calm", "NL-2")).toBe(60);
  });
});

describe("a label", () => {
  it("is fetched and kept, byte for byte, once", async () => {
    const parcel = await desk.booked();
    expect(await desk.work("shipping.label")).toEqual([]);
    const { rows } = await desk.shop.pool.query<{ content_type: string; bytes: Buffer }>("SELECT content_type, bytes FROM label WHERE shipment_id = $1", [parcel.shipmentId]);
    expect(rows).toMatchObject([{ content_type: "application/pdf" }]);
    expect(rows[0]!.bytes.subarray(0, 5).toString()).toBe("%PDF-");
    expect(await desk.story(parcel)).toEqual(["ShipmentLabelKept"]);
    expect(await desk.state(parcel)).toMatchObject({ labelKept: true });
  });

  it("that was voided meanwhile is none, one that cannot be fetched now is tried again, and the first version has none", async () => {
    const [voided, away] = [await desk.booked(), await desk.booked()];
    await desk.booked("old");
    await desk.jobs.couriers.courier("calm")!.cancel({ bookingReference: voided.bookingReference, idempotencyKey: "c" });
    desk.simulators.calm.orderFault({ kind: "label", fault: "garbage_before", shipmentId: away.shipmentId });
    expect(await desk.work("shipping.label")).toEqual([expect.stringContaining("no label but text/html")]);
    expect(await desk.work("shipping.label")).toEqual([]);
    const { rows } = await desk.shop.pool.query("SELECT shipment_id FROM label WHERE shipment_id = ANY($1)", [[voided.shipmentId, away.shipmentId]]);
    expect(rows).toEqual([{ shipment_id: away.shipmentId }]);
  });
});

describe("labels of a customer who is forgotten", () => {
  it("go with him, and nobody else's", async () => {
    await desk.shop.stock({ TEA: 5 });
    const mine = (await order(desk.bus, { TEA: 1 })).commandId;
    const labels = [[newId(), mine], [newId(), newId()], [newId(), mine]] as const;
    for (const [shipmentId, orderId] of labels) {
      await desk.shop.pool.query("INSERT INTO label (shipment_id, order_id, content_type, bytes, kept_at) VALUES ($1, $2, 'image/png', 'x', now())", [shipmentId, orderId]);
    }
    await desk.bus.execute(eraseCustomer, { customerId: customer.id }, by(operator));
    expect(await desk.work("shipping.forget-labels")).toEqual([]);
    const { rows } = await desk.shop.pool.query("SELECT shipment_id FROM label WHERE shipment_id = ANY($1)", [labels.map(([shipmentId]) => shipmentId)]);
    expect(rows).toEqual([{ shipment_id: labels[1][0] }]);
  });
});

describe("labels that are not scanned", () => {
  it("are told once a courier, and again only when they become more", async () => {
    const { pool, alerts } = desk.jobs;
    await pool.query("DELETE FROM parcel_watch");
    const round = unscannedRounds({ pool, alerts, unscannedAfterSeconds: 3_600 });
    const raised = (): unknown[] => desk.alerts.filter(({ key }) => key === "labels_unscanned:calm").map(({ details }) => details?.["labels"]);
    await desk.booked("calm", { handOverBy: days(1) });
    await round();
    expect(raised()).toEqual([]);
    const scanned = await desk.booked();
    for (let count = 0; count < 2; count += 1) await desk.booked();
    await tell(scanned.trackingCode, [["PICKED_UP", 1]]);
    await desk.work(queue);
    await round();
    await round();
    expect(raised()).toEqual([2]);
    await desk.booked();
    await round();
    expect(raised()).toEqual([2, 3]);
  });
});

describe("handing over", () => {
  it("is said once, and not of what has no label or was called off", async () => {
    const [parcel, calledOff] = [await desk.booked(), await desk.booked()];
    await desk.bus.execute(moveShipment, { ...idsOf(calledOff), step: { type: "RecordCancellation", reason: "changed" } }, by(operator));
    const outcome = async (ids: { readonly shipmentId: string; readonly orderId: string }) => (await desk.bus.execute(handOver, ids, by(operator))).answer?.outcome;
    expect(await outcome(idsOf(parcel))).toBe("handed_over");
    expect(await outcome(idsOf(parcel))).toBe("already_handed_over");
    expect(await outcome(idsOf(calledOff))).toBe("called_off");
    expect(await outcome({ shipmentId: newId(), orderId: newId() })).toBe("not_booked");
    expect(await desk.story(parcel)).toEqual(["ShipmentHandedOver"]);
  });

  it("comes too late for what is being called off, but not for what has left all the same", async () => {
    const [parcel, left] = [await desk.booked(), await desk.booked()];
    for (const each of [parcel, left]) await desk.bus.execute(moveShipment, { ...idsOf(each), step: { type: "RequestVoid", reason: "changed" } }, by(operator));
    await tell(left.trackingCode, [["PICKED_UP", 1]]);
    await desk.work(queue);
    await desk.work("shipping.return");
    const outcome = async (each: Parcel) => (await desk.bus.execute(handOver, idsOf(each), by(operator))).answer?.outcome;
    expect([await outcome(parcel), await outcome(left)]).toEqual(["called_off", "handed_over"]);
    expect(await desk.story(parcel)).toEqual(["ShipmentVoidRequested"]);
  });

  it("is when the courier's silence begins, early or late", async () => {
    const parcel = await desk.booked("calm", { handOverBy: days(3) });
    expect((await desk.watch(parcel))!.inSeconds).toBeGreaterThan(86_400);
    await desk.bus.execute(handOver, idsOf(parcel), by(operator));
    expect((await desk.watch(parcel))!.inSeconds).toBeLessThanOrEqual(0);
    await tell(parcel.trackingCode, [["LABEL_CREATED", 1]]);
    await desk.work(queue);
    const { rows: [row] } = await desk.shop.pool.query<{ early: boolean }>("SELECT hand_over_by <= now() AS early FROM parcel_watch WHERE shipment_id = $1", [parcel.shipmentId]);
    expect(row).toEqual({ early: true });
  });
});

describe("a delivery that failed", () => {
  const failed = "shipping.delivery-failed", returned = "shipping.return";
  const attempts = async (parcel: Parcel, ...codes: readonly string[]): Promise<void> => {
    for (const [index, code] of ["PICKED_UP", ...codes].entries()) await tell(parcel.trackingCode, [[code, index + 1]]);
    await desk.work(queue);
    expect(await desk.work(failed)).toEqual([]);
  };

  it("for want of a recipient is tried again by the courier, until it has failed too often", async () => {
    const parcel = await desk.booked();
    desk.seen(parcel, "PICKED_UP");
    await attempts(parcel, "ATTEMPT_FAILED", "ATTEMPT_FAILED");
    expect(await desk.state(parcel)).toMatchObject({ failures: 2, returning: false });
    await attempts(parcel, "ATTEMPT_FAILED", "ATTEMPT_FAILED", "ATTEMPT_FAILED");
    expect(await desk.story(parcel)).toContain("ShipmentReturnStarted");
    const calls = desk.simulators.calm.calls().instruct;
    expect(await desk.work(returned)).toEqual([]);
    expect(desk.simulators.calm.calls().instruct).toBe(calls + 1);
    expect(desk.told(`parcel_to_return:${parcel.shipmentId}`)).toBe(0);
  });

  it("for good is called back at once, and a person calls a courier that takes no instructions", async () => {
    const parcel = await desk.booked("old");
    await tell(parcel.trackingCode, [["PICKED_UP", 1], ["REFUSED", 2]], { courierId: "old" });
    await desk.work(queue);
    await desk.work(failed);
    await desk.work(returned);
    expect(await desk.story(parcel)).toEqual(["PICKED_UP", "REFUSED", "ShipmentReturnStarted"]);
    expect(desk.told(`parcel_to_return:${parcel.shipmentId}`)).toBe(1);
  });

  it("since the courier has lost the parcel is a loss at once", async () => {
    const parcel = await desk.booked();
    await attempts(parcel, "LOST");
    expect(await desk.story(parcel)).toEqual(["PICKED_UP", "LOST", "ShipmentLost"]);
    expect(desk.told(`parcel_lost:${parcel.shipmentId}`)).toBe(1);
  });

  it("and is told late, when the courier is at it again, is no reason to give the parcel up", async () => {
    const parcel = await desk.booked();
    for (const code of [["PICKED_UP", 1], ["OUT_FOR_DELIVERY", 5], ["LOST", 3], ["REFUSED", 4]] as const) await tell(parcel.trackingCode, [code]);
    await desk.work(queue);
    await desk.work(failed);
    expect(await desk.state(parcel)).toMatchObject({ failures: 2, lostAt: null, returning: false, status: "out_for_delivery" });
  });

  it("and was made good meanwhile starts no return", async () => {
    const parcel = await desk.booked();
    await tell(parcel.trackingCode, [["PICKED_UP", 1], ["DAMAGED", 2], ["DELIVERED", 3]]);
    await desk.work(queue);
    await desk.work(failed);
    expect(await desk.story(parcel)).toEqual(["PICKED_UP", "DAMAGED", "DELIVERED"]);
  });
});

function idsOf({ shipmentId, orderId }: Parcel): { readonly shipmentId: string; readonly orderId: string } {
  return { shipmentId, orderId };
}
