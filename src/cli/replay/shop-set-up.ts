import { goodsOf } from "./goods.js";
import type { ReplayIdentity } from "./identity.js";
import type { Done, Patience, ShopApi } from "./shop-api.js";
import { eachOf } from "./each-of.js";
import { shopMutations } from "./shop-mutations.js";

/** Products that one mutation takes. */
const batchMax = 500;
const customersAtOnce = 8;

const { upsertProducts, receiveStock, upsertCustomer } = shopMutations;

/**
 * Creates the products, books in what the whole file wants of them, and registers the buyers. Every key follows from
 * the file: a second run is answered from memory, and no unit comes in twice; another file brings its own units.
 * @throws RequestRefused, Unanswered
 */
export async function setUpShop(api: ShopApi, identity: ReplayIdentity, demand: ReadonlyMap<string, number>, patience: () => Patience): Promise<void> {
  const send = (document: string, input: { readonly idempotencyKey: string }): Promise<Done> => api.must(document, input, patience(), "The shop cannot be set up");
  const skus = [...demand.keys()].sort();
  for (let start = 0; start < skus.length; start += batchMax) {
    const batch = skus.slice(start, start + batchMax);
    const number = start / batchMax;
    await send(upsertProducts, { idempotencyKey: identity.key("products", number), ...{ products: batch.map(goodsOf) } });
    const lines = batch.map((sku) => ({ sku, quantity: demand.get(sku) ?? 0 }));
    await send(receiveStock, { idempotencyKey: identity.key("stock", number), ...{ lines } });
  }
  await eachOf(identity.customerIds.entries(), customersAtOnce, async ([place, customerId]) => {
    await send(upsertCustomer, { idempotencyKey: identity.key("customer", place), ...buyer(place, customerId) });
  });
}

function buyer(place: number, customerId: string): object {
  return {
    customerId, name: `Buyer ${place}`, email: `buyer-${place}@example.com`,
    address: { street: `${place + 1} Mill Lane`, city: "Riverside", postalCode: String(10_000 + place), country: "DE" },
  };
}
