import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { freePort } from "../../../src/platform/embedded/free-port.js";
import { startPaymentSimulator } from "../../../src/simulators/payments/payment-simulator.js";
import { createLogger } from "../../../src/platform/log/logger.js";
import { eventually } from "../webhook-receiver.js";
import { apiKey, StripeGround, webhookSecret } from "./stripe-ground.js";

let ground: StripeGround;
beforeEach(async () => { ground = await StripeGround.open(); });
afterEach(async () => { await ground.close(); });

/** One of everything that the journal knows. */
async function live(): Promise<{ held: string; taken: string; refund: string; dispute: string }> {
  const { paymentIntents, refunds } = ground.stripe();
  const { id: taken } = await ground.charge({ metadata: { order_id: "a", payment_id: "pay-a" } }, "charge:a");
  const { id: held } = await ground.hold({ metadata: { order_id: "b", payment_id: "pay-b" } });
  const { id: part } = await ground.hold();
  await paymentIntents.capture(part, { amount_to_capture: 500 });
  await paymentIntents.cancel((await ground.hold()).id);
  await ground.charge({ payment_method: "pm_card_chargeDeclined" }, "declined").catch(() => undefined);
  await ground.charge({ payment_method: "pm_card_refundFail" }).then(({ id }) => refunds.create({ payment_intent: id }));
  const { id: refund } = await refunds.create({ payment_intent: taken, amount: 999 }, { idempotencyKey: "refund:a" });
  await refunds.create({ payment_intent: taken, amount: 5_000 }, { idempotencyKey: "too much" }).catch(() => undefined);
  const { id: dispute } = ground.simulator.controls.openDispute(part);
  ground.simulator.controls.closeDispute(dispute, "won");
  ground.simulator.controls.plant({ paymentIntent: taken, amountMinor: 1 });
  ground.simulator.controls.plant({ currency: "eur", amountMinor: -7 });
  return { held, taken, refund, dispute };
}

describe("a restart", () => {
  it("remembers all books, keys and what was not told, also after a line was cut short", async () => {
    ground.receiver.answerWith(500);
    ground.simulator.orderFault({ kind: "create", fault: "fail_after" });
    await expect(ground.charge({}, "broken")).rejects.toMatchObject({ statusCode: 500 });
    const { held, taken, refund, dispute } = await live();
    const { paymentIntents, refunds, disputes, balanceTransactions } = ground.stripe();
    const ask = async (): Promise<unknown[]> => Promise.all([
      paymentIntents.retrieve(held), paymentIntents.retrieve(taken, { expand: ["latest_charge.balance_transaction"] }), refunds.retrieve(refund),
      disputes.retrieve(dispute), balanceTransactions.list({ limit: 100 }), paymentIntents.list({ limit: 100 }),
    ].map(async (answer) => JSON.parse(JSON.stringify(await answer)) as unknown));
    const before = [ground.simulator.ledger(), ground.simulator.controls.rows({}), await ask()];
    await ground.simulator.stop();
    appendFileSync(ground.dataFile, '{"t":"created","by":nu');
    const port = ground.simulator.port;
    ground.simulator = await startPaymentSimulator({ apiKey, webhookSecret, port, logger: createLogger("silent"), dataFile: ground.dataFile });
    expect([ground.simulator.ledger(), ground.simulator.controls.rows({}), await ask()]).toEqual(before);

    expect((await ground.charge({ metadata: { order_id: "a", payment_id: "pay-a" } }, "charge:a")).id).toBe(taken);
    expect((await refunds.create({ payment_intent: taken, amount: 999 }, { idempotencyKey: "refund:a" })).id).toBe(refund);
    await expect(ground.charge({ payment_method: "pm_card_chargeDeclined" }, "declined")).rejects.toMatchObject({ statusCode: 402 });
    await expect(refunds.create({ payment_intent: taken, amount: 5_000 }, { idempotencyKey: "too much" })).rejects.toMatchObject({ statusCode: 400, headers: { "idempotent-replayed": "true" } });
    await expect(ground.charge({}, "broken")).rejects.toMatchObject({ statusCode: 500 });
    expect(ground.simulator.ledger()).toEqual(before[0]);

    const waiting = ground.simulator.ledger().webhooksWaiting;
    expect(waiting).toBeGreaterThan(15);
    ground.receiver.answerWith(200);
    ground.simulator.setWebhookUrl(ground.receiver.url);
    await eventually("all to be settled", () => ground.simulator.ledger().webhooksWaiting === 0);
    await ground.restart();
    expect(ground.simulator.ledger().webhooksWaiting).toBe(0);
  });

  it("reads what its first version wrote", async () => {
    await ground.simulator.stop();
    const intent = { id: "pi_1", chargeId: "ch_1", amount: 1_999, currency: "eur", created: 1_772_000_000, paymentMethod: "pm_card_visa", metadata: { order_id: "a" }, decline: null };
    const refund = { id: "re_1", intentId: "pi_1", amount: 999, refundedInAll: 999, reason: null, created: 1_772_000_001, metadata: {} };
    const lines = [{ t: "intent", by: { key: "k", hash: "h" }, eventId: "evt_1", intent }, { t: "refund", by: null, eventId: "evt_2", refund }, { t: "settled", eventId: "evt_1" }];
    writeFileSync(ground.dataFile, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    ground.receiver.answerWith(500);
    await ground.restart();
    expect(ground.simulator.ledger()).toMatchObject({ charges: 1, chargedMinor: { EUR: 1_999 }, refundedMinor: { EUR: 999 }, cashMinor: { EUR: 1_000 } });
    expect(await ground.stripe().paymentIntents.retrieve("pi_1")).toMatchObject({ status: "succeeded", latest_charge: "ch_1" });
  });
});

const program = fileURLToPath(new URL("../../../dist/simulators/payments/payment-simulator.js", import.meta.url));
const isBuilt = existsSync(program);
if (!isBuilt) process.stderr.write(`skipped: kill -9 of the payment simulator, ${program} is not built\n`);

(isBuilt ? describe : describe.skip)("kill -9", () => {
  const children: ChildProcess[] = [];
  afterEach(() => { for (const child of children.splice(0)) child.kill("SIGKILL"); });

  async function startChild(port: number): Promise<ChildProcess> {
    const script = `
      const { startPaymentSimulator } = await import(${JSON.stringify(program)});
      const logger = { error() {}, warn() {}, info() {}, debug() {} };
      await startPaymentSimulator({ apiKey: ${JSON.stringify(apiKey)}, webhookSecret: "whsec", port: ${port}, dataFile: ${JSON.stringify(`${ground.dataFile}.killed`)}, logger });
      console.log("ready");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    await once(child.stdout, "data");
    return child;
  }

  it("loses nothing that was answered, and the same keys charge nothing twice", async () => {
    const port = await freePort(undefined, new Set());
    const stripe = ground.stripe({ port });
    const child = await startChild(port);
    const answered = new Map<number, string>();
    const charges = Array.from({ length: 200 }, async (_, n) => {
      const made = await ground.charge({ metadata: { order_id: String(n) } }, `charge:${n}`, stripe).catch(() => null);
      if (made) answered.set(n, made.id);
      if (answered.size === 60) child.kill("SIGKILL");
    });
    await Promise.all([...charges, once(child, "exit")]);
    expect(answered.size).toBeGreaterThanOrEqual(60);
    await startChild(port);
    for (let n = 0; n < 200; n += 1) {
      const { id } = await ground.charge({ metadata: { order_id: String(n) } }, `charge:${n}`, stripe);
      if (answered.has(n)) expect(id).toBe(answered.get(n));
    }
    const ledger = await (await fetch(`http://127.0.0.1:${port}/_simulator/ledger`)).json();
    expect(ledger).toMatchObject({ charges: 200, ordersChargedTwice: [], chargedMinor: { EUR: 200 * 1_999 }, cashMinor: { EUR: 200 * 1_946 } });
  });
});
