import { newId } from "../../src/kernel/ids.js";
import type { ShopApi } from "./shop-api.js";

export const upsertProducts = "mutation ($input: UpsertProductsInput!) { upsertProducts(input: $input) { skus position replayed userErrors { code field } } }";
export const receiveStock = "mutation ($input: ReceiveStockInput!) { receiveStock(input: $input) { receiptId position userErrors { code field } } }";
export const upsertCustomer = "mutation ($input: UpsertCustomerInput!) { upsertCustomer(input: $input) { customerId position userErrors { code field } } }";
export const placeOrder = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) {
  orderId position replayed userErrors { code field message }
  order { id status subtotal { amount currency } shipping { amount } tax { amount } total { amount currency } placedAt } } }`;
export const cancelOrder = "mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { orderId position userErrors { code field } } }";

export const address = { street: "1 Mill Lane", city: "Ulm", postalCode: "89073", country: "DE" };

/** Two products with stock, and two customers. Returns the position of the last of it. */
export async function furnish(shop: ShopApi): Promise<string> {
  const products = [
    { sku: "LAMP", name: "Lamp", price: "10.00", weightGrams: 800, taxBasisPoints: 1_900 },
    { sku: "SHADE", name: "Lamp shade", price: "5.50", weightGrams: 200, taxBasisPoints: 1_900 },
  ];
  await shop.ask("operator", upsertProducts, { input: { products, idempotencyKey: newId() } });
  await shop.ask("operator", receiveStock, { input: { lines: products.map(({ sku }) => ({ sku, quantity: 100 })), idempotencyKey: newId() } });
  for (const customerId of ["ann", "bob"]) {
    await shop.ask(customerId, upsertCustomer, { input: { name: customerId, email: `${customerId}@example.com`, address, idempotencyKey: newId() } });
  }
  const { data } = await shop.ask("ann", upsertCustomer, { input: { name: "Ann", email: "ann@example.com", address, idempotencyKey: newId() } });
  return data.upsertCustomer.position as string;
}

export interface Placed {
  readonly orderId: string;
  readonly position: string;
  /** The id as commands know it. */
  readonly raw: string;
}

/** Lets a customer order. */
export async function order(shop: ShopApi, customer: string, lines: readonly { sku: string; quantity: number }[] = [{ sku: "LAMP", quantity: 2 }], idempotencyKey = newId()): Promise<Placed> {
  const answer = await shop.ask(customer, placeOrder, { input: { lines, idempotencyKey } });
  const { orderId, position } = answer.data?.placeOrder ?? {};
  if (typeof orderId !== "string") throw new Error(`the order was not placed: ${JSON.stringify(answer)}`);
  return { orderId, position, raw: orderId.slice("order_".length) };
}
