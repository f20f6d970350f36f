import { describe, expect, it } from "@jest/globals";
import { getOperationAST, parse } from "graphql";
import { schema } from "../../src/cli/schema-of-all.js";
import { costOfRequest } from "../../src/platform/rate-limits/admission.js";
import { actualCost, OperationCosts, requestedCost } from "../../src/platform/rate-limits/operation-cost.js";
import { sampleSchema } from "../http/sample-schema.js";

const ofSample = new OperationCosts(sampleSchema());

function structure(text: string, costs = ofSample) {
  const document = parse(text);
  return costs.of(document, getOperationAST(document)!);
}

const requested = (text: string, variables: Record<string, unknown> = {}, costs = ofSample): number => requestedCost(structure(text, costs), variables);

describe("what an operation costs", () => {
  it("is one point a field", () => {
    expect(requested("{ whoAmI }")).toBe(1);
    expect(requested("{ parcel(id: 1) { id fee { amount currency } } }")).toBe(5);
  });

  it("is multiplied by the length of the pages that the fields stand in", () => {
    expect(requested("{ parcels(first: 30) { nodes { id weight } pageInfo { endCursor } } }")).toBe(1 + (1 + 30 * 2) + 2);
    expect(requested("{ parcels(last: 30) { edges { cursor node { id } } } }")).toBe(1 + (1 + 30 * 3));
  });

  it("takes a page's length from the variables, their defaults, or for ten", () => {
    const text = "query ($first: Int = 20) { parcels(first: $first) { nodes { id } } }";
    expect(requested(text, { first: 40 })).toBe(42);
    expect(requested(text)).toBe(22);
    expect(requested("query ($first: Int) { parcels(first: $first) { nodes { id } } }")).toBe(12);
  });

  it("goes by the larger of both lengths, so that a null hides nothing", () => {
    expect(requested("{ parcels(first: null, last: 100) { nodes { id } } }")).toBe(102);
    expect(requested("query ($first: Int, $last: Int) { parcels(first: $first, last: $last) { nodes { id } } }", { first: null, last: 100 })).toBe(102);
  });

  it("does not grow with a length that no page has", () => {
    expect(requested("{ parcels(first: 1000000) { nodes { id } } }")).toBe(102);
    expect(requested("query ($first: Int) { parcels(first: $first) { nodes { id } } }", { first: -3 })).toBe(12);
  });

  it("counts each alias and each use of a fragment", () => {
    expect(requested("{ a: whoAmI b: whoAmI ...more ...more } fragment more on Query { c: whoAmI ... on Query { d: whoAmI } }")).toBe(6);
  });

  it("begins at ten for mutations and subscriptions", () => {
    expect(requested("mutation { nothing }")).toBe(10);
    expect(requested("mutation { a: nothing b: nothing }")).toBe(20);
    expect(requested("subscription { parcelUpdates(to: 3) { id } }")).toBe(11);
  });

  it("leaves introspection out", () => {
    expect(requested("{ __typename __schema { types { name fields { name } } } whoAmI }")).toBe(1);
  });

  it("is worked out once a document", () => {
    const document = parse("{ whoAmI }");
    const operation = getOperationAST(document)!;
    expect(ofSample.of(document, operation)).toBe(ofSample.of(document, operation));
  });
});

describe("what it did cost", () => {
  const text = "query ($first: Int) { parcels(first: $first) { nodes { id fee { amount } } } }";
  const parcel = { id: "1", fee: { amount: "1" } };

  it("goes by the lists of the answer", () => {
    expect(requested(text, { first: 100 })).toBe(302);
    expect(actualCost(structure(text), { parcels: { nodes: [parcel, parcel] } })).toBe(2 + 2 * 3);
    expect(actualCost(structure(text), { parcels: { nodes: [] } })).toBe(2);
  });

  it("ends where an answer is null", () => {
    expect(actualCost(structure(text), { parcels: null })).toBe(1);
    expect(actualCost(structure(text), null)).toBe(0);
    expect(actualCost(structure(text), { parcels: { nodes: [{ id: "1", fee: null }] } })).toBe(4);
  });
});

describe("costs in the real schema", () => {
  const real = new OperationCosts(schema());

  it("let an order through as part of its request", () => {
    const order = "mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id status total { amount currency } placedAt } orderId userErrors { code field message } position replayed } }";
    expect(requested(order, {}, real)).toBeLessThanOrEqual(costOfRequest);
  });

  it("know which fields read rows of their own, and how long lists without a page are", () => {
    expect(requested("{ order(id: 1) { lines { sku product { name } } } }", {}, real)).toBe(1 + (1 + 5 * (1 + (3 + 1))));
    expect(requested("{ orderTrace(orderId: 1) { entries { name } } }", {}, real)).toBe(50 + (1 + 100));
  });
});
