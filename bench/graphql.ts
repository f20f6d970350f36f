import type { BenchApi } from "./api.js";
import { handAt } from "./bus.js";
import { httpLoad } from "./http-load.js";
import { medianOf, type LoadResult } from "./load.js";
import { compare, type BenchResult } from "./result.js";
import { hotSku, type Surroundings } from "./surroundings.js";

const callers = 200;
const rounds = 3;
const roundMs = 4_000;
const warmUpMs = 1_500;
const fields = "order { id status total { amount currency } placedAt } orderId userErrors { code field message } position replayed";

function bodyOf(mutation: string): string {
  return JSON.stringify({
    query: `mutation Place($input: PlaceOrderInput!) { ${mutation}(input: $input) { ${fields} } }`,
    variables: { input: { lines: [{ sku: hotSku, quantity: 1 }], idempotencyKey: "%KEY%" } },
  });
}

export async function benchGraphql(surroundings: Surroundings, { url, customerToken }: BenchApi): Promise<BenchResult[]> {
  const load = (mutation: string, durationMs: number): Promise<LoadResult> => httpLoad({
    url, body: bodyOf(mutation), headers: { authorization: `Bearer ${customerToken}` }, connections: callers, durationMs,
  });
  const [nothing, orders]: [LoadResult[], LoadResult[]] = [[], []];
  for (const mutation of ["doNothing", "placeOrder"]) await load(mutation, warmUpMs);
  for (let round = 0; round < rounds; round += 1) {
    nothing.push(await load("doNothing", roundMs));
    orders.push(await load("placeOrder", roundMs));
  }
  const hand = await handAt(surroundings, callers);
  const [ours, idle] = [medianOf(orders), medianOf(nothing)];
  const measured = { value: ours.perSecond, p50Ms: ours.p50Ms, p99Ms: ours.p99Ms };
  return [
    compare("graphql-hot-200", "orders/s", measured, idle.perSecond, `a mutation of the same shape that does nothing, p99 ${idle.p99Ms.toFixed(1)} ms; projector running`),
    compare("graphql-hot-200-by-hand", "orders/s", measured, hand.perSecond, `by hand, 200 connections, without HTTP: p99 ${hand.p99Ms.toFixed(1)} ms`),
  ];
}
