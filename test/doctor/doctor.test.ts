import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { examineCalls } from "../../src/cli/doctor/check-calls.js";
import { doctor } from "../../src/cli/doctor/doctor.js";
import { examine } from "../../src/cli/doctor/examine.js";
import type { Finding } from "../../src/cli/doctor/finding.js";
import { paymentIdOf } from "../../src/commands/payments/record-payment.js";
import { shipmentIdOf } from "../../src/commands/shipping/book.job.js";
import { newId } from "../../src/kernel/ids.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { examinedShop } from "./examined-shop.js";
import { Trader, type Sale } from "./trader.js";

const { start, stop, primary, node, look, caughtUp, onPrimary, onLog, onNode, damaged, keptAside, forge, unforge } = examinedShop();
let trader: Trader;
/** One order in each state that an order can rest in. */
let sales: Record<"placed" | "paid" | "underway" | "delivered" | "cancelled" | "refunded" | "inTwoParcels", Sale>;

beforeAll(async () => {
  await start();
  trader = new Trader(primary().appUrl);
  await trader.stock(["A", "B", "C"], 1_000);
  await trader.register("ada");
  const place = (key: string) => trader.place(key, "ada", [{ sku: "A", quantity: 2 }, { sku: "B", quantity: 3 }]);
  sales = {
    placed: await place("placed"), paid: await place("paid"), underway: await place("underway"), delivered: await place("delivered"),
    cancelled: await place("cancelled"), refunded: await place("refunded"), inTwoParcels: await place("two"),
  };
  await trader.pay(sales.paid);
  await trader.pay(sales.underway);
  await trader.book(sales.underway);
  await trader.track(sales.underway, "left");
  await trader.deliver(sales.delivered);
  await trader.cancel(sales.cancelled);
  await trader.pay(sales.refunded);
  await trader.cancel(sales.refunded);
  await trader.refund(sales.refunded);
  await trader.pay(sales.inTwoParcels);
  await trader.book(sales.inTwoParcels, [[{ sku: "A", quantity: 2 }, { sku: "B", quantity: 1 }], [{ sku: "B", quantity: 2 }]]);
  await trader.track(sales.inTwoParcels, "delivered", 0);
  await workOff();
  await caughtUp();
});

afterAll(async () => {
  await trader.close();
  await stop();
});

/** No worker runs: all jobs count as done but those that the orders at rest still need. */
async function workOff(): Promise<void> {
  await trader.bill();
  await onPrimary("UPDATE pgboss.job SET state = 'completed', completed_on = now() WHERE NOT data->>'correlationId' = ANY($1)", [[sales.placed.orderId, sales.paid.orderId]]);
}

describe("a shop that is well", () => {
  it("has nothing that fails, in every check", async () => {
    const findings = await look();
    expect(findings.filter(({ verdict }) => verdict === "FAIL")).toEqual([]);
    expect(findings.length).toBeGreaterThan(40);
  });

  it("exits with 0 and says so in its last line", async () => {
    const lines: string[] = [];
    const targets = { primary: primary(), nodes: [node()] };
    expect(await doctor(targets, { json: false, waitSeconds: 0, print: (line) => lines.push(line) })).toBe(0);
    expect(lines.at(-1)).toMatch(/^doctor: \d+ checks, all well$/);
    expect(lines.length).toBeGreaterThan(40);
  });

  it("is well while orders come in", async () => {
    let isOver = false;
    const keepTrading = (): boolean => !isOver;
    const trading = (async () => {
      for (let number = 0; keepTrading(); number += 1) {
        await trader.deliver(await trader.place(`busy ${String(number)}`, "ada", [{ sku: "C", quantity: 1 }]));
        await trader.register("ada"); // changes the personal row
      }
    })();
    try {
      for (let round = 0; round < 3; round += 1) {
        expect((await look()).filter(({ verdict }) => verdict === "FAIL")).toEqual([]);
      }
    } finally {
      isOver = true;
      await trading;
    }
    await workOff();
  });

  it("is not quiet while jobs wait", async () => {
    const findings = await examine({ primaryUrl: primary().appUrl, nodes: [node()], waitMs: 1, lookAgainAfterMs: 0 });
    const quiet = findings.find(({ check }) => check === "quiet");
    expect(quiet?.verdict).toBe("FAIL");
    expect(quiet?.named.join()).toMatch(/primary: \d jobs in payments\.charge/);
  });
});

describe("damage in the primary", () => {
  beforeEach(caughtUp);

  it("names a stock count that is not what the events say", async () => {
    const failing = await damaged([onPrimary, "UPDATE stock_item SET on_hand = on_hand + 1 WHERE sku = 'A'"], [[onPrimary, "UPDATE stock_item SET on_hand = on_hand - 1 WHERE sku = 'A'"]]);
    expect(failing).toEqual({ stock_equations: expect.stringMatching(/A: on_hand is 995, received \+ returned - shipped is 1000 - 6 = 994/) });
  });

  it("names reserved units that are off by one", async () => {
    const failing = await damaged([onPrimary, "UPDATE stock_item SET reserved = reserved - 1 WHERE sku = 'B'"], [[onPrimary, "UPDATE stock_item SET reserved = reserved + 1 WHERE sku = 'B'"]]);
    expect(Object.keys(failing).sort()).toEqual(["stock_equations", "stock_reserved"]);
    expect(failing["stock_reserved"]).toContain("B: reserved is 7, open orders hold 8");
  });

  it("names an order whose job is gone: nothing moves it", async () => {
    const { orderId } = sales.placed;
    const failing = await damaged([onPrimary, "UPDATE pgboss.job SET state = 'completed' WHERE data->>'correlationId' = $1", [orderId]], [[onPrimary, "UPDATE pgboss.job SET state = 'created' WHERE data->>'correlationId' = $1", [orderId]]]);
    expect(failing).toEqual({ orders_moving: expect.stringContaining(`order ${orderId} is PLACED: no job charges it`) });
  });

  it("names an order whose parcel was delivered without its hearing of it", async () => {
    const { orderId } = sales.delivered;
    const where = "stream_id = $1 AND type = 'OrderDelivered'";
    const back = await keptAside(onLog, "event_log", where, [`order-${orderId}`]);
    const failing = await damaged([onLog, `DELETE FROM event_log WHERE ${where}`, [`order-${orderId}`]], [back]);
    expect(failing["orders_moving"]).toContain(`order ${orderId} is SHIPPED: parcel ${shipmentIdOf(orderId, 1, 0)} was delivered, and no job tells the order`);
    expect(failing["node log_copy"]).toContain(`order-${orderId}@5 OrderDelivered`);
    expect(failing["node log_copy"]).toContain("no longer on the primary");
  });

  it("names an event deleted in the middle of a stream", async () => {
    const { orderId } = sales.underway;
    const back = await keptAside(onLog, "event_log", "stream_id = $1 AND version = 2", [`order-${orderId}`]);
    const failing = await damaged([onLog, "DELETE FROM event_log WHERE stream_id = $1 AND version = 2", [`order-${orderId}`]], [back]);
    expect(failing["log_versions"]).toContain(`order-${orderId}: 3 events with versions 1 to 4`);
    expect(failing["orders_sequence"]).toContain(`order ${orderId}: version 2 is missing`);
  });

  it("names an accepted order that is not there", async () => {
    const { orderId } = sales.cancelled;
    const back = await keptAside(onLog, "event_log", "stream_id = $1", [`order-${orderId}`]);
    const failing = await damaged([onLog, "DELETE FROM event_log WHERE stream_id = $1", [`order-${orderId}`]], [back]);
    expect(failing["orders_accepted"]).toContain(`order ${orderId}: it was accepted, and there is no OrderPlaced of it (lost)`);
    expect(failing["stock_equations"]).toMatch(/A: its facts have no version \d+/);
  });

  it("names an order that nobody was answered with", async () => {
    const { orderId } = sales.paid;
    const back = await keptAside(onPrimary, "command_answer", "id = $1", [orderId]);
    const failing = await damaged([onPrimary, "DELETE FROM command_answer WHERE id = $1", [orderId]], [back]);
    expect(failing).toEqual({ orders_accepted: expect.stringContaining(`order ${orderId}: it was placed, and no command was ever answered with it (doubled)`) });
  });

  it("names a missing capture", async () => {
    const { orderId } = sales.paid;
    const stream = `payment-${paymentIdOf(orderId)}`;
    const back = await keptAside(onLog, "event_log", "stream_id = $1", [stream]);
    const failing = await damaged([onLog, "DELETE FROM event_log WHERE stream_id = $1", [stream]], [back]);
    expect(failing["payments"]).toContain(`order ${orderId}: it is paid, and there is no capture`);
  });

  it("names a cancelled order that was not refunded", async () => {
    const { orderId, totalMinor } = sales.refunded;
    const stream = `payment-${paymentIdOf(orderId)}`;
    const back = await keptAside(onLog, "event_log", "stream_id = $1 AND version >= 2", [stream]);
    const failing = await damaged([onLog, "DELETE FROM event_log WHERE stream_id = $1 AND version >= 2", [stream]], [back]);
    expect(failing["payments"]).toContain(`order ${orderId}: it is cancelled, ${String(totalMinor)} of ${String(totalMinor)} are not refunded, and no job does it`);
  });

  it("names a capture of another amount", async () => {
    const { orderId, totalMinor } = sales.delivered;
    // Put back from a copy: JSON that was changed and changed back is not the same to the letter.
    const stream = [`payment-${paymentIdOf(orderId)}`];
    const back = await keptAside(onLog, "event_log", "stream_id = $1", stream);
    const failing = await damaged(
      [onPrimary, "UPDATE event_log SET data = (data::jsonb || jsonb_build_object('amountMinor', (data->>'amountMinor')::int + 1))::json WHERE stream_id = $1", stream],
      [[onLog, "DELETE FROM event_log WHERE stream_id = $1", stream], back]);
    expect(failing["payments"]).toContain(`${String(totalMinor + 1)} EUR were captured, its total is ${String(totalMinor)} EUR`);
    expect(failing["node log_copy"]).toContain("is another one on");
  });

  it("names a booking without its tracking code", async () => {
    const shipmentId = shipmentIdOf(sales.underway.orderId, 1, 0);
    const back = await keptAside(onPrimary, "tracking_code", "shipment_id = $1", [shipmentId]);
    const failing = await damaged([onPrimary, "DELETE FROM tracking_code WHERE shipment_id = $1", [shipmentId]], [back]);
    expect(failing).toEqual({ shipments: expect.stringContaining(`shipment ${shipmentId}: its tracking code swift/t_${shipmentId} is not registered`) });
  });

  it("names a call to a courier that nobody ends, unless its job is a dead letter or was discarded", async () => {
    const { orderId } = sales.underway;
    const shipmentId = shipmentIdOf(orderId, 1, 0);
    const [stream, of] = [`shipment-${shipmentId}`, `shipment ${shipmentId} of order ${orderId}`];
    await withClient({ url: primary().adminUrl }, async (client) => {
      /** As if its last event had been another one, and a statement had run; nothing of it is kept. */
      const told = async (type: string, data: object = {}, sql = "SELECT $1::text, $2::text", values: unknown[] = ["", ""]): Promise<readonly string[]> => {
        await client.query("BEGIN");
        await client.query("UPDATE event_log SET type = $2, data = $3 WHERE stream_id = $1 AND version = (SELECT max(version) FROM event_log WHERE stream_id = $1)",
          [stream, type, JSON.stringify({ shipmentId, orderId, attempt: 1, courierId: "swift", ...data })]);
        await client.query(sql, values);
        const { problems } = await examineCalls(client);
        await client.query("ROLLBACK");
        return problems.map(({ text }) => text);
      };
      const job = (name: string): [string, unknown[]] => [
        "INSERT INTO pgboss.job (name, data) SELECT $2, jsonb_build_object('correlationId', data->>'orderId', 'streamId', stream_id, 'version', version) FROM event_log WHERE stream_id = $1", [stream, name]];
      const open = `${of}: attempt 1 at swift is under way, and no job ends it`;
      const inDoubt = `${of}: attempt 1 at swift is in doubt, and no job asks after it`;
      const surplus = `${of}: attempt 1 at swift made a label too many, and no job calls it off`;
      const calledOff = `${of} is to be called off, and no job asks its courier to`;
      expect(await told("ShipmentAttempted")).toEqual([open]);
      expect(await told("ShipmentAttempted", {}, ...job("shipping.settle"))).toEqual([open]);
      expect(await told("ShipmentAttempted", {}, ...job("shipping.book"))).toEqual([]);
      expect(await told("ShipmentAttemptFailed", { inDoubt: true })).toEqual([inDoubt]);
      expect(await told("ShipmentAttemptFailed", { inDoubt: true }, ...job("shipping.settle"))).toEqual([]);
      expect(await told("ShipmentAttemptFailed", { inDoubt: true }, ...job("shipping.settle.dead"))).toEqual([]);
      expect(await told("ShipmentAttemptFailed", { inDoubt: false })).toEqual([]);
      expect(await told("ShipmentSurplusFound")).toEqual([surplus]);
      expect(await told("ShipmentSurplusFound", {}, ...job("shipping.void-surplus"))).toEqual([]);
      expect(await told("ShipmentSurplusFound", {}, `WITH attempt AS (
          INSERT INTO job_attempt (id, job_id, queue, correlation_id, attempt, outcome, started_at, ended_at) VALUES (gen_random_uuid(), $2::text::uuid, 'shipping.void-surplus', $1, 1, 'dead', now(), now())
        ) INSERT INTO event_log (event_id, stream_category, stream_id, version, type, data, metadata, recorded_at)
          VALUES (gen_random_uuid(), 'dead_letter', 'dead_letter-1', 1, 'DeadLetterDiscarded', json_build_object('jobId', $2), '{}', now())`, [orderId, newId()])).toEqual([]);
      expect(await told("ShipmentVoidRequested")).toEqual([calledOff]);
      expect(await told("ShipmentVoidRequested", {}, ...job("shipping.call-off"))).toEqual([]);
    });
  });

  it("names the order of a dead-lettered job", async () => {
    const { orderId } = sales.delivered;
    const failing = await damaged(
      [onPrimary, `INSERT INTO pgboss.job (name, data, output) VALUES ('shipping.book.dead', jsonb_build_object('correlationId', $1::text), '{"message":"no such street"}')`, [orderId]],
      [[onPrimary, "DELETE FROM pgboss.job WHERE name = 'shipping.book.dead'"]]);
    expect(failing).toEqual({ dead_letters: expect.stringContaining(`shipping.book.dead: order ${orderId} (no such street)`) });
  });
});

describe("damage on a node", () => {
  beforeEach(caughtUp);

  it("names a read row that is missing", async () => {
    const { orderId } = sales.paid;
    const back = await keptAside(onNode, "read.order_card_v3", "order_id = $1", [orderId]);
    const failing = await damaged([onNode, "DELETE FROM read.order_card_v3 WHERE order_id = $1", [orderId]], [back]);
    expect(failing).toEqual({ "node read_rows:order_card": expect.stringContaining(`order_card ${orderId}`) });
  });

  it("names a read row that was changed", async () => {
    const failing = await damaged([onNode, "UPDATE read.stock_level_v3 SET reserved = reserved + 1 WHERE sku = 'C'"], [[onNode, "UPDATE read.stock_level_v3 SET reserved = reserved - 1 WHERE sku = 'C'"]]);
    expect(failing).toEqual({ "node read_rows:stock_level": expect.stringContaining("stock_level C") });
  });

  it("names a read row that no event explains", async () => {
    const failing = await damaged(
      [onNode, `INSERT INTO read.payment_card_v2 SELECT (jsonb_populate_record(one, '{"payment_id": "ghost"}')).* FROM read.payment_card_v2 one LIMIT 1`],
      [[onNode, "DELETE FROM read.payment_card_v2 WHERE payment_id = 'ghost'"]]);
    expect(failing).toEqual({ "node read_rows:payment_card": expect.stringContaining("payment_card ghost") });
  });

  it("names an event that was skipped", async () => {
    const { orderId } = sales.underway;
    const back = await keptAside(onNode, "event_log", "stream_id = $1 AND version = 3", [`order-${orderId}`]);
    const failing = await damaged([onNode, "DELETE FROM event_log WHERE stream_id = $1 AND version = 3", [`order-${orderId}`]], [back]);
    expect(failing["node log_copy"]).toMatch(new RegExp(`order-${orderId}@3 OrderAllocated at position \\d+ is missing on ${node().name} \\(skipped\\)`));
    expect(failing["node log_versions"]).toContain(`order-${orderId}: version 3 is missing`);
  });

  it("names a customer whose row is another one", async () => {
    const failing = await damaged([onNode, "UPDATE personal SET name = name || '!' WHERE id = 'ada'"], [[onNode, "UPDATE personal SET name = rtrim(name, '!') WHERE id = 'ada'"]]);
    expect(failing).toEqual({ "node personal_copy": expect.stringContaining("customer ada") });
  });

  it("names events that were parked, and a projection that stands still", async () => {
    const failing = await damaged(
      [onNode, `INSERT INTO read.parked_event (projection, version, build, stream_id, position, arrival, error) SELECT 'alert_card', 1, 1, 'alert-x', 999999, 999999, 'cannot be folded'`],
      [[onNode, "DELETE FROM read.parked_event"]]);
    expect(failing).toEqual({ "node parked_events": expect.stringContaining("alert_card: event at position 999999 of alert-x: cannot be folded") });
    const halted = await damaged([onNode, "UPDATE read.projection SET halted = 'poisoned' WHERE name = 'alert_card'"], [[onNode, "UPDATE read.projection SET halted = NULL"]]);
    expect(halted).toEqual({ "node projections": expect.stringContaining("alert_card: poisoned") });
  });

  it("names a subscription that is switched off", async () => {
    const { rows: [subscription] } = await onNode("SELECT slot_name AS name FROM node_identity");
    const name = String(subscription.name);
    await onNode(`ALTER SUBSCRIPTION ${name} DISABLE`);
    try {
      const replication = (await look()).find(({ check }) => check === "replication");
      expect(replication).toMatchObject({ verdict: "FAIL", where: node().name });
      expect(replication?.named.join()).toContain("subscription_disabled");
    } finally {
      await onNode(`ALTER SUBSCRIPTION ${name} ENABLE`);
    }
  });
});

describe("doubled orders", () => {
  beforeEach(caughtUp);

  it("names an order that stands on two streams", async () => {
    const { orderId } = sales.delivered;
    const failing = await damaged(forge(`order-double-${orderId}`, 1, `order-${orderId}`), [unforge(`order-double-${orderId}`, 1)]);
    expect(failing["orders_accepted"]).toContain(`order ${orderId}: it was placed 2 times (doubled)`);
    expect(failing["stock_equations"]).toMatch(/A: its facts have no version \d+ or have it twice/);
  });

  it("names an order that stands there once more under another id", async () => {
    const other = "00000000-0000-5000-8000-000000000001";
    const failing = await damaged(forge(`order-${other}`, 1, `order-${sales.cancelled.orderId}`, JSON.stringify({ orderId: other })), [unforge(`order-${other}`, 1)]);
    expect(failing["orders_accepted"]).toContain(`order ${other}: it was placed, and no command was ever answered with it (doubled)`);
    expect(failing["orders_moving"]).toContain(`order ${other} is PLACED: no job charges it`);
  });

  it("names an order that was placed twice on its stream", async () => {
    const { orderId } = sales.cancelled;
    const failing = await damaged(forge(`order-${orderId}`, 3, `order-${orderId}`), [unforge(`order-${orderId}`, 3)]);
    expect(failing["orders_sequence"]).toContain(`order ${orderId}: OrderPlaced at version 3: the order is placed a second time`);
  });
});

describe("a server that is away", () => {
  it("says what is away, and exits with 1", async () => {
    const lines: string[] = [];
    const away = new URL(node().appUrl);
    away.pathname = "/nowhere";
    const code = await doctor({ primary: primary(), nodes: [{ ...node(), appUrl: away.href }] }, { json: true, waitSeconds: 0, print: (line) => lines.push(line) });
    expect(code).toBe(1);
    const { findings, summary } = JSON.parse(lines.join("\n")) as { findings: Finding[]; summary: string };
    expect(summary).toMatch(/^doctor: \d+ of \d+ checks failed/);
    expect(findings.find(({ verdict, where }) => verdict === "FAIL" && where === node().name)).toMatchObject({ check: "connection" });
  });
});
