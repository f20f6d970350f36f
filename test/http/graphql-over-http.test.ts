import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { auditServer } from "graphql-http";
import { startSampleApi, type SampleApi } from "./sample-api.js";

describe("GraphQL over HTTP", () => {
  let api: SampleApi;
  beforeAll(async () => { api = await startSampleApi(); });
  afterAll(() => api.close());

  it("passes the audit of the draft without an error", async () => {
    const results = await auditServer({ url: `${api.url}/graphql` });
    const errors = results.filter(({ status }) => status === "error");
    expect(errors.map((result) => [result.id, result.name, "reason" in result ? result.reason : ""])).toEqual([]);
    expect(results.length).toBeGreaterThan(50);
  });

  it("answers a query by GET, and no mutation", async () => {
    const headers = { "apollo-require-preflight": "1" };
    const query = await fetch(`${api.url}/graphql?query=${encodeURIComponent("{ whoAmI }")}`, { headers });
    expect([query.status, await query.json()]).toEqual([200, { data: { whoAmI: "nobody" } }]);
    const mutation = await fetch(`${api.url}/graphql?query=${encodeURIComponent("mutation { nothing }")}`, { headers });
    expect(mutation.status).toBe(405);
  });

  it("blocks what a form on another site could send", async () => {
    const response = await fetch(`${api.url}/graphql?query=${encodeURIComponent("{ whoAmI }")}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("CSRF");
  });

  it("answers in the media type that is asked for", async () => {
    for (const type of ["application/graphql-response+json", "application/json"]) {
      const response = await fetch(`${api.url}/graphql`, {
        method: "POST", body: JSON.stringify({ query: "{ whoAmI }" }), headers: { "content-type": "application/json", accept: type },
      });
      expect(response.headers.get("content-type")).toBe(`${type}; charset=utf-8`);
    }
  });
});
