import { eachOf } from "../replay/each-of.js";
import type { Done, Patience, ShopApi } from "../replay/shop-api.js";
import { shopMutations } from "../replay/shop-mutations.js";

export interface StageOptions {
  readonly run: string;
  readonly buyers: number;
  readonly units: number;
  readonly ratePerSecond: number;
  readonly seconds: number;
}

/** A sale that was set up, and who wants it. */
export interface Stage {
  readonly sku: string;
  readonly saleId: string;
  readonly customerIds: readonly string[];
}

const atOnce = 16;
const startsInMs = 1_000;
/** Short, so that a minute shows what happens to passes and reservations that nobody uses. */
const passSeconds = 5;
const holdSeconds = 5;

const { upsertProducts, receiveStock, upsertCustomer } = shopMutations;
const scheduleSale = "mutation DemoSale($input: ScheduleSaleInput!) { done: scheduleSale(input: $input) { saleId userErrors { code message } } }";

/** A product with its stock, buyers, and a sale that begins in a second. @throws RequestRefused, Unanswered */
export async function setStage(api: ShopApi, { run, buyers, units, ratePerSecond, seconds }: StageOptions, patience: () => Patience): Promise<Stage> {
  const sku = `DEMO-KETTLE-${run}`;
  const send = <Answer extends Done>(document: string, input: object): Promise<Answer> => api.must(document, input, patience(), "The sale cannot be set up");
  await send(upsertProducts, { idempotencyKey: `demo:${run}:product`, products: [{ sku, name: "Copper kettle", price: "89.00", weightGrams: 1_200, taxBasisPoints: 1_900 }] });
  await send(receiveStock, { idempotencyKey: `demo:${run}:stock`, lines: [{ sku, quantity: units }] });
  const customerIds = Array.from({ length: buyers }, (_, place) => `demo-${run}-${String(place)}`);
  await eachOf(customerIds, atOnce, async (customerId) => {
    await send(upsertCustomer, { idempotencyKey: `demo:${customerId}`, customerId, name: "A buyer", email: `${customerId}@example.com`, address: { street: "1 Mill Lane", city: "Riverside", postalCode: "12345", country: "DE" } });
  });
  const startsAt = new Date(Date.now() + startsInMs).toISOString();
  const { saleId } = await send<Done & { readonly saleId: string }>(scheduleSale, {
    idempotencyKey: `demo:${run}:sale`, sku, price: { amount: "29.00", currency: "EUR" }, allocation: units,
    startsAt, endsAt: new Date(Date.parse(startsAt) + seconds * 1_000).toISOString(),
    limitPerCustomer: 1, holdSeconds, waitingRoom: { ratePerSecond, passSeconds },
  });
  return { sku, saleId, customerIds };
}
