import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { StripeGround } from "./stripe-ground.js";

type Shape = Record<string, unknown>;

const samplesFile = join(process.env["MILLRACE_TEST_DATA"] ?? "../shared/data", "stripe/fixtures.json");
const haveSamples = existsSync(samplesFile);
if (!haveSamples) process.stderr.write(`skipped: comparison with Stripe's samples, ${samplesFile} is not there\n`);
const samples = haveSamples ? (JSON.parse(readFileSync(samplesFile, "utf8")) as { resources: Record<string, Shape> }).resources : {};

let ground: StripeGround;
beforeEach(async () => { ground = await StripeGround.open(); });
afterEach(async () => { await ground.close(); });

function kind(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
}

function expectLike(name: string, given: unknown): void {
  const ours = given as Shape, sample = samples[name]!;
  expect(Object.keys(ours).sort()).toEqual(Object.keys(sample).sort());
  // `latest_charge` and `payment_intent` are ids, null in the samples; where both hold something, the type must agree.
  const differing = Object.keys(ours).filter((key) => ours[key] !== null && sample[key] !== null && kind(ours[key]) !== kind(sample[key]));
  expect(differing).toEqual([]);
}

(haveSamples ? describe : describe.skip)("the shapes of Stripe's published samples are those of", () => {
  it("payment intents in every state, and their charges", async () => {
    const { paymentIntents } = ground.stripe();
    const declined = await ground.charge({ payment_method: "pm_card_chargeDeclined" }).catch((error: unknown) => (error as { payment_intent: Shape }).payment_intent);
    const { id: held } = await ground.hold();
    const { id: canceled } = await ground.hold();
    expectLike("payment_intent", declined);
    expectLike("payment_intent", await ground.charge());
    expectLike("payment_intent", await paymentIntents.retrieve(held));
    expectLike("payment_intent", await paymentIntents.cancel(canceled));
    expectLike("payment_intent", await paymentIntents.create({ amount: 100, currency: "eur" }));
    const { latest_charge: charge } = await paymentIntents.capture(held, { amount_to_capture: 500, expand: ["latest_charge"] });
    expectLike("charge", charge);
    expectLike("balance_transaction", await ground.stripe().balanceTransactions.retrieve((charge as { balance_transaction: string }).balance_transaction));
  });

  it("refunds, disputes and events", async () => {
    const { id } = await ground.charge();
    expectLike("refund", await ground.stripe().refunds.create({ payment_intent: id, amount: 40 }));
    const dispute = ground.simulator.controls.openDispute(id);
    const shown = await ground.stripe().disputes.retrieve(dispute.id) as unknown as { evidence: Shape; evidence_details: Shape };
    expectLike("dispute", shown);
    const sample = samples["dispute"] as typeof shown;
    expect(Object.keys(shown.evidence).sort()).toEqual(Object.keys(sample.evidence).sort());
    expect(Object.keys(shown.evidence_details).sort()).toEqual(Object.keys(sample.evidence_details).sort());
    await ground.told(4);
    for (const event of ground.events()) expectLike("event", event);
  });
});
