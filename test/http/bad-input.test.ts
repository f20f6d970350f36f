import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { as, ask, post, startSampleApi, type GraphQLAnswer, type SampleApi } from "./sample-api.js";

describe("bad input", () => {
  let api: SampleApi;
  beforeAll(async () => { api = await startSampleApi({ BODY_LIMIT_BYTES: "25000", QUERY_DEPTH_MAX: "3" }); });
  afterAll(() => api.close());

  const codesOf = ({ errors }: GraphQLAnswer): unknown[] => (errors ?? []).map(({ extensions }) => extensions.code);

  it.each([
    ["malformed JSON", "{\"query\":", 400, "BAD_REQUEST"],
    ["an empty body", "", 400, "BAD_REQUEST"],
    ["a body over the limit", JSON.stringify({ query: `{ whoAmI } #${"x".repeat(25_000)}` }), 413, "PAYLOAD_TOO_LARGE"],
    ["a batch", JSON.stringify([{ query: "{ whoAmI }" }]), 400, "BAD_REQUEST"],
    ["text that is no GraphQL", JSON.stringify({ query: "{ whoAmI" }), 400, "GRAPHQL_PARSE_FAILED"],
    ["a query too deep", JSON.stringify({ query: "{ parcels(first: 1) { edges { node { fee { amount } } } } }" }), 400, "QUERY_TOO_DEEP"],
    ["a fragment that hides depth", JSON.stringify({ query: "{ parcels(first: 1) { edges { ...e } } } fragment e on ParcelEdge { node { fee { amount } } }" }), 400, "QUERY_TOO_DEEP"],
    ["too many aliases", JSON.stringify({ query: `{ ${Array.from({ length: 201 }, (_, n) => `a${String(n)}: whoAmI`).join(" ")} }` }), 400, "QUERY_TOO_LARGE"],
    ["fragments that multiply", JSON.stringify({ query: `{ ...f0 } ${Array.from({ length: 12 }, (_, n) => `fragment f${String(n)} on Query { ...f${String(n + 1)} ...f${String(n + 1)} }`).join(" ")} fragment f12 on Query { __typename }` }), 400, "QUERY_TOO_LARGE"],
    ["too many tokens", JSON.stringify({ query: `{ ${"a ".repeat(9_990)}b(c: 1, d: 2) }` }), 400, "GRAPHQL_PARSE_FAILED"],
  ])("refuses %s with a typed answer", async (_name, body, status, code) => {
    const answer = await post(api, body);
    expect([answer.status, codesOf(answer)]).toEqual([status, [code]]);
  });

  it("names an unknown field", async () => {
    const answer = await ask(api, "{ whoAmI colour }");
    expect([answer.status, codesOf(answer)]).toEqual([400, ["GRAPHQL_VALIDATION_FAILED"]]);
    expect(answer.errors?.[0]?.message).toContain("\"colour\"");
    expect(answer.errors?.[0]?.extensions.requestId).toBe(answer.headers.get("x-request-id"));
  });

  it("names a wrong variable, and a null that a default hid", async () => {
    const wrong = await ask(api, "query ($id: ID!) { parcel(id: $id) { id } }", {}, { id: { not: "an id" } });
    expect([wrong.status, codesOf(wrong)]).toEqual([400, ["BAD_USER_INPUT"]]);
    expect(wrong.errors?.[0]?.message).toContain("$id");
    const hidden = await ask(api, "query ($id: ID = \"parcel_1\") { parcel(id: $id) { id } }", {}, { id: null });
    expect(codesOf(hidden)).toEqual(["BAD_USER_INPUT"]);
  });

  it.each([
    ["parcel(id: \"order_1\") { id }", "id"],
    ["parcel(id: \"parcel_x'; drop\") { id }", "id"],
    ["parcel(id: \"parcel_1\", position: \"-1\") { id }", "position"],
    ["parcels { nodes { id } }", "first"],
    ["parcels(first: 0) { nodes { id } }", "first"],
    ["parcels(first: 101) { nodes { id } }", "first"],
    ["parcels(first: 1, last: 1) { nodes { id } }", "first"],
    ["parcels(first: 1, before: \"x\") { nodes { id } }", "before"],
    ["parcels(first: 1, after: \"rubbish\") { nodes { id } }", "after"],
    ["parcels(last: 1, before: \"WyJ4Il0\") { nodes { id } }", "before"],
  ])("refuses %s and names what is wrong", async (field, name) => {
    const answer = await ask(api, `{ ${field} }`);
    expect([answer.status, codesOf(answer)]).toEqual([400, ["BAD_USER_INPUT"]]);
    expect(answer.errors?.[0]?.message).toContain(name);
  });

  it.each([
    ["amount: \"1.999\", currency: \"EUR\"", "1.999 EUR"],
    ["amount: \"1e3\", currency: \"EUR\"", "Decimal"],
    ["amount: \"1\", currency: \"EURO\"", "EURO"],
  ])("refuses money of %s, and sends no command", async (money, named) => {
    const answer = await ask(api, `mutation { weighParcel(input: { parcelId: "parcel_1", grams: 1, idempotencyKey: "k", fee: { ${money} } }) { replayed } }`, await as("customer"));
    expect(answer.status).toBe(400);
    expect(answer.errors?.[0]?.message).toContain(named);
    expect(api.bus.sent).toEqual([]);
  });

  it("answers an unknown address in the same form", async () => {
    const response = await fetch(`${api.url}/nowhere`);
    expect([response.status, ((await response.json()) as GraphQLAnswer).errors?.[0]?.extensions.code]).toEqual([404, "NOT_FOUND"]);
  });
});
