import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { eventually } from "../webhook-receiver.js";
import { StripeGround } from "./stripe-ground.js";

let ground: StripeGround;
beforeEach(async () => { ground = await StripeGround.open(); });
afterEach(async () => { await ground.close(); });

const amounts = (): unknown[] => ground.events().map(({ data }) => data.object["amount"]);

describe("a webhook", () => {
  it("is repeated until it is taken", async () => {
    ground.receiver.answerWith(500);
    await ground.charge();
    await ground.told(2);
    ground.receiver.answerWith(200);
    await eventually("it to be settled", () => ground.simulator.ledger().webhooksWaiting === 0);
    expect(new Set(ground.events().map(({ id }) => id)).size).toBe(1);
  });

  it("comes twice, by order or by rate", async () => {
    ground.simulator.orderFault({ kind: "create", fault: "webhook_duplicated" });
    await ground.charge();
    await ground.told(2);
    ground.simulator.setFaults({ duplicateWebhookRate: 1 });
    await ground.charge();
    await ground.told(4);
    expect(new Set(ground.events().map(({ id }) => id)).size).toBe(2);
  });

  it("is lost: never sent, and the charge stands", async () => {
    ground.simulator.setFaults({ lostWebhookRate: 1 });
    await ground.charge({ amount: 1 });
    ground.simulator.setFaults({ lostWebhookRate: 0 });
    await ground.charge({ amount: 2 });
    await ground.told(1);
    await eventually("all to be settled", () => ground.simulator.ledger().webhooksWaiting === 0);
    expect(amounts()).toEqual([2]);
    expect(ground.simulator.ledger()).toMatchObject({ charges: 2, webhooksLost: 1 });
  });

  it("comes late, after one that was made later", async () => {
    ground.simulator.orderFault({ kind: "create", fault: "webhook_late=3600000" });
    await ground.charge({ amount: 1 });
    await ground.charge({ amount: 2 });
    await ground.told(1);
    expect(ground.simulator.ledger().webhooksWaiting).toBeGreaterThan(0);
    // A start tells at once what is left.
    await ground.restart();
    await ground.told(2);
    expect(amounts()).toEqual([2, 1]);
  });

  it("comes in another order within a window", async () => {
    await ground.close();
    // Chance is asked for nothing else, since no other rate is set.
    const waits = [0.9, 0, 0.9, 0];
    ground = await StripeGround.open({ faults: { reorderWindowMs: 3_600_000 }, random: () => waits.shift() ?? 0 });
    for (const amount of [1, 2, 3, 4]) await ground.charge({ amount });
    await ground.told(2);
    expect(amounts().sort()).toEqual([2, 4]);
    await ground.restart();
    await ground.told(4);
    expect(amounts().slice(2).sort()).toEqual([1, 3]);
  });

  it("comes before the answer", async () => {
    for (let n = 0; n < 5; n += 1) {
      ground.simulator.orderFault({ kind: "create", fault: "webhook_first" });
      await ground.charge();
      expect(ground.events()).toHaveLength(n + 1);
    }
  });

  it("comes though the caller gave up", async () => {
    ground.simulator.orderFault({ kind: "create", fault: "timeout_after" });
    await expect(ground.charge({}, "1", ground.stripe({ timeout: 500 }))).rejects.toBeTruthy();
    expect(await ground.told(1)).toEqual(["payment_intent.succeeded"]);
  });
});
