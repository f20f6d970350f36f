import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { auditServer } from "graphql-http";
import { newId } from "../../src/kernel/ids.js";
import { mintToken } from "../../src/cli/token.js";
import { secret, tokenFor } from "../http/sample-api.js";
import { ShopApi } from "../queries/shop-api.js";
import { cancelOrder, furnish, order, placeOrder } from "../queries/shop-life.js";

const bodyLimitBytes = 200_000;

/** What came back, whoever answered it. */
interface Raw {
  readonly status: number;
  readonly code: unknown;
  readonly message: string;
  readonly data: unknown;
}

describe("a bad request to the running server", () => {
  let shop: ShopApi;
  let orderId: string;
  let before: object;
  /** Whatever an order leaves: its events, its jobs, its stock. */
  const traces = async (): Promise<object> => {
    const { rows } = await shop.write.pool.query<object>(
      `SELECT (SELECT count(*)::int FROM event_log) AS events, (SELECT count(*)::int FROM pgboss.job) AS jobs,
              (SELECT json_agg(json_build_array(sku, on_hand, reserved, version) ORDER BY sku) FROM stock_item) AS stock`);
    return rows[0]!;
  };
  beforeAll(async () => {
    shop = await ShopApi.start({ BODY_LIMIT_BYTES: String(bodyLimitBytes), QUERY_DEPTH_MAX: "5" });
    await furnish(shop);
    ({ orderId } = await order(shop, "ann"));
    before = await traces();
  });
  afterAll(async () => {
    expect(await traces()).toEqual(before);
    await shop.stop();
  });

  const send = async (body: string, authorization: string | null, contentType = "application/json"): Promise<Raw> => {
    const response = await fetch(`${shop.url}/graphql`, {
      method: "POST", body, headers: { "content-type": contentType, ...(authorization === null ? {} : { authorization }) },
    });
    const { data, errors } = await response.json() as { data?: unknown; errors?: { message: string; extensions: { code: unknown; requestId?: unknown; stacktrace?: unknown } }[] };
    const error = errors?.[0];
    if (error) expect(error.extensions).toMatchObject({ requestId: response.headers.get("x-request-id") });
    expect(error?.extensions.stacktrace).toBeUndefined();
    return { status: response.status, code: error?.extensions.code, message: error?.message ?? "", data };
  };
  const placing = (lines: unknown): string => JSON.stringify({ query: placeOrder, variables: { input: { lines, idempotencyKey: newId() } } });
  const oneLamp = [{ sku: "LAMP", quantity: 1 }];
  const bearer = async (subject: string): Promise<string> => `Bearer ${await tokenFor("customer", subject)}`;

  it.each([
    ["an unknown product", [{ sku: "NOPE", quantity: 1 }], "UNKNOWN_PRODUCT"],
    ["quantity 0", [{ sku: "LAMP", quantity: 0 }], "INVALID_QUANTITY"],
    ["a negative quantity", [{ sku: "LAMP", quantity: -1 }], "INVALID_QUANTITY"],
    ["a huge quantity", [{ sku: "LAMP", quantity: 2_000_000_000 }], "INVALID_QUANTITY"],
    ["1,000 lines", Array.from({ length: 1_000 }, (_, index) => ({ sku: `S${String(index)}`, quantity: 1 })), "TOO_MANY_LINES"],
  ])("with %s is refused as data, with a sentence", async (_what, lines, code) => {
    const { status, data } = await send(placing(lines), await bearer("ann"));
    expect([status, data]).toEqual([200, { placeOrder: expect.objectContaining({ orderId: null, order: null, userErrors: [expect.objectContaining({ code, message: expect.stringMatching(/\w+ \w+/) })] }) }]);
  });

  it.each([
    ["a quantity beyond Int", [{ sku: "LAMP", quantity: 3_000_000_000 }]],
    ["an unknown field", [{ sku: "LAMP", quantity: 1, price: "0.01" }]],
    ["a missing field", [{ sku: "LAMP" }]],
    ["text for a number", [{ sku: "LAMP", quantity: "1" }]],
  ])("with %s is BAD_USER_INPUT", async (_what, lines) => {
    expect(await send(placing(lines), await bearer("ann"))).toMatchObject({ status: 400, code: "BAD_USER_INPUT" });
  });

  it.each<[string, () => Promise<string | null>]>([
    ["without a token", async () => null],
    ["with a token of another making", async () => `Bearer ${await mintToken({ secret: `${secret} of somebody else`, role: "operator", subject: "olga", ttlSeconds: 600 })}`],
    ["with a token that has expired", async () => `Bearer ${await tokenFor("customer", "ann", -60)}`],
    ["with nonsense for a token", async () => "Bearer nonsense"],
    ["with another scheme", async () => "Basic YW5uOmFubg=="],
  ])("%s is turned away", async (_what, authorization) => {
    expect(await send(placing(oneLamp), await authorization())).toMatchObject({ status: 401, code: "UNAUTHENTICATED" });
  });

  it("for another customer's order finds nothing, and cancels nothing", async () => {
    const bob = await bearer("bob");
    const one = await send(JSON.stringify({ query: "query ($id: ID!) { order(id: $id) { status } tracking(orderId: $id) { version } }", variables: { id: orderId } }), bob);
    expect(one).toMatchObject({ status: 200, data: { order: null, tracking: null } });
    const cancelled = await send(JSON.stringify({ query: cancelOrder, variables: { input: { orderId, reason: "mine now", idempotencyKey: newId() } } }), bob);
    expect(cancelled.data).toMatchObject({ cancelOrder: { orderId: null, userErrors: [{ code: "ORDER_UNKNOWN" }] } });
    const forHer = await send(JSON.stringify({ query: placeOrder, variables: { input: { customerId: "ann", lines: oneLamp, idempotencyKey: newId() } } }), bob);
    expect(forHer).toMatchObject({ status: 403, code: "FORBIDDEN" });
  });

  it("that is too large, too deep, too wide or no request at all is told apart", async () => {
    const ann = await bearer("ann");
    expect(await send(placing(Array.from({ length: 10_000 }, () => oneLamp[0])), ann)).toMatchObject({ status: 413, code: "PAYLOAD_TOO_LARGE" });
    expect(await send(JSON.stringify({ query: "{ orders(first: 1) { nodes { lines { product { stock { sku } } } } } }" }), ann)).toMatchObject({ status: 400, code: "QUERY_TOO_DEEP" });
    expect(await send(JSON.stringify({ query: `{ ${Array.from({ length: 201 }, (_, index) => `a${String(index)}: product(sku: "LAMP") { sku }`).join(" ")} }` }), ann)).toMatchObject({ status: 400, code: "QUERY_TOO_LARGE" });
    expect(await send("{", ann)).toMatchObject({ status: 400, code: "BAD_REQUEST" });
    expect(await send("", ann)).toMatchObject({ status: 400, code: "BAD_REQUEST" });
    expect(await send("{ me { id } }", ann, "text/csv")).toMatchObject({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
    expect(await send(JSON.stringify({ query: "{ orders" }), ann)).toMatchObject({ status: 400, code: "GRAPHQL_PARSE_FAILED" });
    expect(await send(JSON.stringify({ query: "{ secrets }" }), ann)).toMatchObject({ status: 400, code: "GRAPHQL_VALIDATION_FAILED" });
  });

  it("of the audit of GraphQL over HTTP meets no error", async () => {
    const results = await auditServer({ url: `${shop.url}/graphql` });
    expect(results.filter(({ status }) => status === "error").map((result) => [result.id, result.name])).toEqual([]);
    expect(results.length).toBeGreaterThan(50);
  }, 30_000);
});
