import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { SystemError } from "../../src/platform/errors.js";
import { as, ask, startSampleApi, type SampleApi } from "./sample-api.js";

const weigh = (key: string | null): string => `weighParcel(input: { parcelId: "parcel_7", grams: 5${key ? `, idempotencyKey: "${key}"` : ""} }) {
  parcel { id fee { amount currency } } userErrors { code field message } position replayed }`;

describe("an answer that fails", () => {
  let api: SampleApi;
  beforeAll(async () => { api = await startSampleApi(); });
  afterAll(() => api.close());
  afterEach(() => {
    api.bus.outcome = null;
    api.bus.sent.length = 0;
    api.logged.length = 0;
    for (const node of api.nodes) Object.assign(node, { healthy: true, reachedAnswer: true });
  });

  it("hides a bug, and logs it whole under the request's id", async () => {
    const answer = await ask(api, "{ deeper { id } }", { "x-request-id": "support-case-12" });
    expect(answer.errors).toEqual([{
      message: "Something went wrong here. Report the request id.", path: ["deeper"], locations: [{ line: 1, column: 3 }],
      extensions: { code: "INTERNAL_SERVER_ERROR", requestId: "support-case-12" },
    }]);
    expect(answer.headers.get("x-request-id")).toBe("support-case-12");
    expect(api.logged).toEqual([expect.objectContaining({ requestId: "support-case-12", err: expect.objectContaining({ message: "a bug with a password in it" }) })]);
  });

  it("gives a new id where the caller's is not fit for a log", async () => {
    const answer = await ask(api, "{ whoAmI }", { "x-request-id": "a b\tc" });
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("says by status, code and Retry-After that a query may be repeated", async () => {
    const answer = await ask(api, "{ unreachable }");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(answer.errors?.[0]).toMatchObject({ message: "No read node answers.", extensions: { code: "READ_UNAVAILABLE", retryAfterSeconds: 2 } });
  });

  it("keeps 200 where a part of the answer came through", async () => {
    const answer = await ask(api, "{ whoAmI deeper { id } }");
    expect([answer.status, answer.data]).toEqual([200, { whoAmI: "nobody", deeper: null }]);
  });

  it.each([
    ["OVERLOADED", 503, 1.2, "2"],
    ["IN_DOUBT", 503, 1, "1"],
    ["IDEMPOTENCY_KEY_REUSED", 422, undefined, null],
  ] as const)("tells a mutation's %s by status %i", async (code, status, retryAfterSeconds, header) => {
    api.bus.outcome = () => Promise.reject(new SystemError(code, "because", retryAfterSeconds === undefined ? {} : { retryAfterSeconds }));
    const answer = await ask(api, `mutation { ${weigh("k1")} }`, await as("customer"));
    expect([answer.status, answer.headers.get("retry-after"), answer.errors?.[0]?.extensions.code]).toEqual([status, header, code]);
    expect(api.logged).toEqual([]);
  });

  it("shows a refusal as data", async () => {
    api.bus.outcome = () => Promise.resolve({ answer: null, refusal: { code: "TOO_HEAVY", field: "lines.0.grams", message: "Split it." }, position: "0", replayed: true });
    const answer = await ask(api, `mutation { ${weigh("k1")} }`, await as("customer"));
    expect([answer.status, answer.data]).toEqual([200, { weighParcel: {
      parcel: null, userErrors: [{ code: "TOO_HEAVY", field: ["lines", "0", "grams"], message: "Split it." }], position: null, replayed: true,
    } }]);
  });
});

describe("the idempotency key", () => {
  let api: SampleApi;
  beforeAll(async () => { api = await startSampleApi(); });
  afterAll(() => api.close());
  afterEach(() => { api.bus.sent.length = 0; });

  const keys = (): string[] => api.bus.sent.map(({ envelope }) => envelope.idempotencyKey);

  it("comes from the input, with the actor and the trace", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const answer = await ask(api, `mutation { ${weigh("from-input")} }`, { ...await as("customer"), "idempotency-key": "from-header", traceparent });
    expect(answer.data).toEqual({ weighParcel: { parcel: { id: "parcel_7", fee: { amount: "1.07", currency: "EUR" } }, userErrors: [], position: "17", replayed: false } });
    expect(api.bus.sent).toEqual([{ name: "WeighParcel", input: { parcelId: "7", grams: 5 }, envelope: {
      actor: { role: "customer", id: "c1" }, idempotencyKey: "from-input", traceparent, signal: expect.any(AbortSignal),
    } }]);
  });

  it("comes from the header where there is one mutation", async () => {
    await ask(api, `mutation { ${weigh(null)} }`, { ...await as("customer"), "idempotency-key": "from-header" });
    expect(keys()).toEqual(["from-header"]);
  });

  it("does not come from the header where there are two", async () => {
    const answer = await ask(api, `mutation { a: ${weigh(null)} ...more } fragment more on Mutation { b: ${weigh(null)} }`, { ...await as("customer"), "idempotency-key": "from-header" });
    expect([answer.status, answer.errors?.map(({ extensions }) => extensions.code)]).toEqual([400, ["IDEMPOTENCY_KEY_MISSING"]]);
    expect(keys()).toEqual([]);
  });

  it.each(["", "with space", "x".repeat(201), "ümlaut"])("is refused where it is %j", async (key) => {
    const query = "mutation ($key: String) { weighParcel(input: { parcelId: \"parcel_7\", grams: 5, idempotencyKey: $key }) { replayed } }";
    const answer = await ask(api, query, await as("customer"), { key });
    expect([answer.status, answer.errors?.[0]?.extensions.code]).toEqual([400, "BAD_USER_INPUT"]);
    expect(keys()).toEqual([]);
  });

  it("is asked for, and so is a token", async () => {
    const missing = await ask(api, `mutation { ${weigh(null)} }`, await as("customer"));
    expect([missing.status, missing.errors?.[0]?.extensions.code]).toEqual([400, "IDEMPOTENCY_KEY_MISSING"]);
    const nobody = await ask(api, `mutation { ${weigh("k1")} }`);
    expect([nobody.status, nobody.errors?.[0]?.extensions.code]).toEqual([401, "UNAUTHENTICATED"]);
    expect(keys()).toEqual([]);
  });
});
