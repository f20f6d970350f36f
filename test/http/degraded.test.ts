import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { as, ask, startSampleApi, type SampleApi } from "./sample-api.js";
import { until } from "./until.js";

describe("while no read node answers", () => {
  let api: SampleApi;
  beforeAll(async () => {
    api = await startSampleApi();
    await ask(api, "{ keptParcel(number: 1) { id } }");
    for (const node of api.nodes) node.healthy = false;
    await until(() => api.overload.degraded.isOn);
  });
  afterAll(() => api.close());

  it("what was answered before is answered again, and says since when", async () => {
    const answer = await ask(api, "{ keptParcel(number: 1) { id fee { amount } } again: keptParcel(number: 1) { id } }");
    expect([answer.status, answer.data]).toEqual([200, { keptParcel: { id: "parcel_1", fee: { amount: "1.01" } }, again: { id: "parcel_1" } }]);
    expect(Date.parse((answer.extensions?.["stale"] as { since: string }).since)).toBeLessThan(Date.now());
  });

  it("what nobody has seen cannot be shown", async () => {
    const answer = await ask(api, "{ keptParcel(number: 2) { id } }");
    expect([answer.status, answer.errors?.[0]?.extensions.code]).toEqual([503, "READ_UNAVAILABLE"]);
  });

  it("what is not needed is off, and commands go on", async () => {
    const report = await ask(api, "{ report }");
    expect([report.status, report.errors?.[0]?.extensions.code, report.headers.get("retry-after")]).toEqual([503, "DEGRADED", expect.stringMatching(/^\d+$/)]);
    const weighed = await ask(api, "mutation { weighParcel(input: { parcelId: \"parcel_7\", grams: 5, idempotencyKey: \"k\" }) { replayed } }", await as("customer"));
    expect(weighed.status).toBe(200);
  });

  it("an operator may switch it off", async () => {
    api.overload.degraded.obey({ mode: "OFF", reason: "" }, Date.now());
    expect((await ask(api, "{ report }")).data).toEqual({ report: 42 });
    expect((await ask(api, "{ keptParcel(number: 1) { id } }")).errors?.[0]?.extensions.code).toBe("READ_UNAVAILABLE");
  });
});
