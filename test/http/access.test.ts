import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { as, ask, startSampleApi, tokenFor, type SampleApi } from "./sample-api.js";

describe("who may ask", () => {
  let api: SampleApi;
  beforeAll(async () => { api = await startSampleApi(); });
  afterAll(() => api.close());

  it("knows the caller by the token", async () => {
    expect((await ask(api, "{ whoAmI }")).data).toEqual({ whoAmI: "nobody" });
    expect((await ask(api, "{ whoAmI }", await as("customer"))).data).toEqual({ whoAmI: "customer:c1" });
  });

  it("refuses a bad or expired token even where none is needed", async () => {
    for (const token of ["nonsense", await tokenFor("customer", "c1", -60)]) {
      const answer = await ask(api, "{ whoAmI }", { authorization: `Bearer ${token}` });
      expect([answer.status, answer.data, answer.errors?.[0]?.extensions]).toEqual([401, undefined, { code: "UNAUTHENTICATED", requestId: answer.headers.get("x-request-id") }]);
    }
  });

  it("keeps an operator's field from customers and strangers", async () => {
    const stranger = await ask(api, "{ secret }");
    const customer = await ask(api, "{ secret }", await as("customer"));
    const operator = await ask(api, "{ secret }", await as("operator"));
    expect([stranger.status, stranger.errors?.[0]?.extensions.code]).toEqual([401, "UNAUTHENTICATED"]);
    expect([customer.status, customer.errors?.[0]?.extensions.code]).toEqual([403, "FORBIDDEN"]);
    expect([operator.status, operator.data]).toEqual([200, { secret: 42 }]);
  });
});
