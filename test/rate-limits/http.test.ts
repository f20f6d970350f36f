import { afterEach, describe, expect, it } from "@jest/globals";
import { createMetrics } from "../../src/platform/metrics/metrics.js";
import { as, ask, post, startSampleApi, tokenFor, type SampleApi } from "../http/sample-api.js";

let api: SampleApi;
afterEach(() => api.close());

const notExempt = { RATE_LIMIT_EXEMPT: "none" };
const page = (first: number): string => `{ parcels(first: ${String(first)}) { nodes { id weight } } }`;
/** 1 for `parcels`, 1 for `nodes`, 2 a parcel. */
const costOf = (parcels: number): number => 2 + 2 * parcels;

async function statuses(count: number, headers: Record<string, string> = {}): Promise<number[]> {
  const found: number[] = [];
  for (let turn = 0; turn < count; turn += 1) found.push((await ask(api, "{ whoAmI }", headers)).status);
  return found;
}

describe("the address limit", () => {
  it("refuses with 429, Retry-After and a typed error", async () => {
    api = await startSampleApi({ ...notExempt, RATE_LIMIT_ADDRESS: "2" });
    expect(await statuses(2)).toEqual([200, 200]);
    const { status, headers, errors } = await ask(api, "{ whoAmI }");
    expect(status).toBe(429);
    expect(errors?.[0]?.extensions).toMatchObject({ code: "RATE_LIMITED", limit: "address", requestId: headers.get("x-request-id") });
    const seconds = Number(headers.get("retry-after"));
    expect(seconds).toBeGreaterThanOrEqual(9);
    expect(seconds).toBeLessThanOrEqual(10);
    expect(errors?.[0]?.extensions["retryAfterSeconds"]).toBe(seconds);
    expect(headers.get("access-control-allow-origin")).toBe("*");
  });

  it("refuses before the body is parsed and before anybody looks at the token", async () => {
    api = await startSampleApi({ ...notExempt, RATE_LIMIT_ADDRESS: "2" });
    expect((await post(api, "{ this is no JSON")).status).toBe(400);
    expect((await ask(api, "{ whoAmI }", { authorization: "Bearer a.b.c" })).status).toBe(401);
    expect((await post(api, "{ this is no JSON")).status).toBe(429);
    expect((await ask(api, "{ whoAmI }", { authorization: "Bearer a.b.c" })).status).toBe(429);
  });

  it("leaves loopback alone unless a trusted proxy speaks for somebody else", async () => {
    api = await startSampleApi({ RATE_LIMIT_ADDRESS: "1", TRUSTED_PROXIES: "1" });
    expect(await statuses(3)).toEqual([200, 200, 200]);
    expect(await statuses(2, { "x-forwarded-for": "203.0.113.7" })).toEqual([200, 429]);
    expect(await statuses(1, { "x-forwarded-for": "203.0.113.8" })).toEqual([200]);
    // Whatever a client puts in front, the proxy adds the address that it saw.
    expect(await statuses(2, { "x-forwarded-for": "198.51.100.1, 203.0.113.9" })).toEqual([200, 429]);
    expect(await statuses(1, { "x-forwarded-for": "198.51.100.2, 203.0.113.9" })).toEqual([429]);
  });

  it("does not believe a header where no proxy is trusted", async () => {
    api = await startSampleApi({ ...notExempt, RATE_LIMIT_ADDRESS: "1" });
    expect(await statuses(1, { "x-forwarded-for": "203.0.113.7" })).toEqual([200]);
    expect(await statuses(1, { "x-forwarded-for": "203.0.113.8" })).toEqual([429]);
  });

  it("leaves health and metrics alone", async () => {
    api = await startSampleApi({ ...notExempt, RATE_LIMIT_ADDRESS: "1" });
    await statuses(2);
    for (const path of ["/livez", "/readyz", "/metrics"]) expect((await fetch(api.url + path)).status).toBe(200);
  });
});

describe("the limits of who asks", () => {
  it("hold for each customer, and not for operators", async () => {
    api = await startSampleApi({ RATE_LIMIT_CUSTOMER: "2", RATE_LIMIT_OPERATOR: "4" });
    const [ann, bob] = [await tokenFor("customer", "ann"), await tokenFor("customer", "bob")];
    expect(await statuses(3, { authorization: `Bearer ${ann}` })).toEqual([200, 200, 429]);
    expect(await statuses(3, { authorization: `Bearer ${bob}` })).toEqual([200, 200, 429]);
    expect(await statuses(5, await as("operator"))).toEqual([200, 200, 200, 200, 429]);
    expect(await statuses(3)).toEqual([200, 200, 200]);
  });

  it("count what fails, too", async () => {
    api = await startSampleApi({ RATE_LIMIT_CUSTOMER: "2" });
    const headers = await as("customer");
    expect((await ask(api, "{ nothingOfTheKind }", headers)).status).toBe(400);
    expect((await ask(api, "{ whoAmI", headers)).status).toBe(400);
    expect((await ask(api, "{ whoAmI", headers)).status).toBe(429);
  });

  it("keep a refused mutation from doing anything", async () => {
    api = await startSampleApi({ RATE_LIMIT_CUSTOMER: "1" });
    const headers = await as("customer");
    const mutation = 'mutation ($id: ID!) { weighParcel(input: { parcelId: $id, grams: 1, idempotencyKey: "k" }) { position } }';
    const { data } = await ask(api, "{ parcels(first: 1) { nodes { id } } }");
    const { id } = (data as { parcels: { nodes: { id: string }[] } }).parcels.nodes[0]!;
    expect((await ask(api, mutation, headers, { id })).data).toEqual({ weighParcel: { position: "17" } });
    const { status, errors, data: nothing } = await ask(api, mutation, headers, { id });
    expect([status, errors?.[0]?.extensions["code"], nothing]).toEqual([429, "RATE_LIMITED", undefined]);
    expect(api.bus.sent).toHaveLength(1);
  });

  it("are told in the headers of the IETF's draft", async () => {
    api = await startSampleApi({ ...notExempt, RATE_LIMIT_ADDRESS: "9", RATE_LIMIT_CUSTOMER: "3" });
    const headers = await as("customer");
    const first = await ask(api, "{ whoAmI }", headers);
    expect(first.headers.get("ratelimit-policy")).toBe('"address";q=9;w=10, "customer";q=3;w=10');
    expect(first.headers.get("ratelimit")).toMatch(/^"address";r=8;t=(9|10), "customer";r=2;t=(9|10)$/);
    await statuses(2, headers);
    const refused = await ask(api, "{ whoAmI }", headers);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("ratelimit")).toMatch(/"customer";r=0;t=(9|10)$/);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(Number(/t=(\d+)$/.exec(refused.headers.get("ratelimit") ?? "")?.[1]));
  });

  it("are off at 0, and then cost no header", async () => {
    api = await startSampleApi({ ...notExempt, RATE_LIMIT_ADDRESS: "0", RATE_LIMIT_CUSTOMER: "0", RATE_LIMIT_CUSTOMER_COST: "0" });
    const { status, headers } = await ask(api, page(100), await as("customer"));
    expect([status, headers.get("ratelimit"), headers.get("ratelimit-policy")]).toEqual([200, null, null]);
  });
});

describe("the limit of costs", () => {
  const asked = async (first: number, headers: Record<string, string>) => post(api, JSON.stringify({ query: page(first), extensions: { cost: true } }), headers);

  it("takes what a query may cost, and gives back what it did not", async () => {
    api = await startSampleApi({ RATE_LIMIT_CUSTOMER_COST: "300" });
    const headers = await as("customer");
    const once = await asked(100, headers);
    expect(once.extensions?.["cost"]).toEqual({ requested: costOf(100), actual: costOf(7), remaining: 300 - costOf(7), limit: 300 });
    const twice = await asked(100, headers);
    expect(twice.extensions?.["cost"]).toMatchObject({ remaining: 300 - 2 * costOf(7) });
  });

  it("says nothing where nobody asks, and charges all the same", async () => {
    api = await startSampleApi({ RATE_LIMIT_CUSTOMER_COST: "300" });
    const headers = await as("customer");
    expect((await ask(api, page(100), headers)).extensions ?? {}).not.toHaveProperty("cost");
    expect((await asked(1, headers)).extensions?.["cost"]).toMatchObject({ remaining: 300 - costOf(7) - costOf(1) });
  });

  it("refuses what does not fit any more, and lets smaller things through", async () => {
    api = await startSampleApi({ RATE_LIMIT_CUSTOMER_COST: "210" });
    const headers = await as("customer");
    expect((await asked(100, headers)).status).toBe(200);
    const { status, errors, headers: answered } = await asked(100, headers);
    expect([status, errors?.[0]?.extensions]).toEqual([429, expect.objectContaining({ code: "RATE_LIMITED", limit: "customer-cost" })]);
    expect(answered.get("retry-after")).not.toBeNull();
    expect((await asked(90, headers)).status).toBe(200);
    expect((await ask(api, "{ whoAmI }", headers)).status).toBe(200);
  });

  it("refuses for good what could never be allowed, and says how far it is beyond", async () => {
    api = await startSampleApi({ RATE_LIMIT_CUSTOMER_COST: "150" });
    const { status, errors, headers } = await ask(api, page(100), await as("customer"));
    expect([status, errors?.[0]?.extensions]).toEqual([400, expect.objectContaining({ code: "QUERY_TOO_COSTLY", cost: { requested: costOf(100), limit: 150 } })]);
    expect(errors?.[0]?.message).toContain("202 points; 150");
    expect(headers.get("retry-after")).toBeNull();
    expect((await ask(api, page(100), await as("operator"))).status).toBe(200);
    // Also of a caller whose address is exempt.
    expect((await ask(api, page(100))).status).toBe(400);
  });

  it("counts callers without a token by their address", async () => {
    api = await startSampleApi({ ...notExempt, RATE_LIMIT_CUSTOMER_COST: "210" });
    expect((await ask(api, page(100))).status).toBe(200);
    expect((await ask(api, page(100))).errors?.[0]?.extensions).toMatchObject({ code: "RATE_LIMITED", limit: "address-cost" });
  });
});

describe("metrics", () => {
  it("count refusals by limit and level, and tell that no fallback is in force", async () => {
    const registry = createMetrics();
    api = await startSampleApi({ RATE_LIMIT_CUSTOMER: "1" }, { registry });
    await statuses(3, await as("customer"));
    const text = await registry.metrics();
    expect(text).toContain('millrace_rate_limited_total{limit="customer",level="customer"} 2');
    expect(text).toContain("millrace_rate_limit_fallback 0");
  });
});
