import { describe, expect, it } from "@jest/globals";
import { paymentDrill } from "../../src/cli/drill/payments/payment-drill.js";

const minutes = 5;

/** `npm run drill:payments` in small: its two thousand orders take minutes. */
describe("a storm of orders while the provider fails half of the calls", () => {
  it("ends with every order paid or called off, nobody charged twice, and both books the same to the cent", async () => {
    const said: string[] = [];
    const result = await paymentDrill({ orders: 40, kills: 1, seed: 11, captureOn: "order", minutes, keep: false, say: (line) => { said.push(line); } });
    expect({ ...result, said }).toMatchObject({ ok: true, differences: [], reconcileExitCode: 0, doctorExitCode: 0, stopExitCode: 0 });
    expect(result.storm.acknowledged.size).toBe(40);
    expect(result.theirs.charges).toBeGreaterThan(0);
    expect(said.join("\n")).toMatch(/payments compared, .* 0 open/);
  }, minutes * 60_000);
});
