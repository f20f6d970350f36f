import { newId } from "../../src/kernel/ids.js";
import type { ShopApi } from "./shop-api.js";

export const scheduleSale = "mutation ($input: ScheduleSaleInput!) { scheduleSale(input: $input) { saleId position userErrors { code field } } }";
export const endSale = "mutation ($input: EndSaleInput!) { endSale(input: $input) { saleId position userErrors { code } } }";
export const cancelSale = "mutation ($input: EndSaleInput!) { cancelSale(input: $input) { saleId position userErrors { code } } }";
export const reserveStock = "mutation ($input: ReserveStockInput!) { reserveStock(input: $input) { reservationId expiresAt position userErrors { code field } } }";
export const updateReservation = "mutation ($input: UpdateReservationInput!) { updateReservation(input: $input) { reservationId position userErrors { code field } } }";
export const releaseReservation = "mutation ($input: ReleaseReservationInput!) { releaseReservation(input: $input) { reservationId position userErrors { code } } }";
export const watchStock = "mutation ($input: WatchStockInput!) { watchStock(input: $input) { sku position userErrors { code } } }";

export const hourMs = 3_600_000;

/** A moment so many milliseconds from now. */
export function fromNow(milliseconds: number): string {
  return new Date(Date.now() + milliseconds).toISOString();
}

/** Sends a mutation with a new key. @returns its payload */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a server answers is what a test asserts
export async function mutate(shop: ShopApi, caller: string | null, mutation: string, input: object): Promise<any> {
  const answer = await shop.ask(caller, mutation, { input: { ...input, idempotencyKey: newId() } });
  const [payload] = Object.values<{ readonly userErrors: readonly unknown[] }>(answer.data ?? {});
  if (!payload || payload.userErrors.length > 0) throw new Error(`not done: ${JSON.stringify(answer)}`);
  return payload;
}

export interface Scheduled {
  readonly saleId: string;
  readonly position: string;
}

/** A sale of ten lamps at 7.00 that is on, but for what is said otherwise. */
export function schedule(shop: ShopApi, terms: object = {}): Promise<Scheduled> {
  return mutate(shop, "operator", scheduleSale, {
    sku: "LAMP", price: { amount: "7.00", currency: "EUR" }, allocation: 10, startsAt: fromNow(-hourMs), endsAt: fromNow(hourMs), limitPerCustomer: 4, ...terms,
  }) as Promise<Scheduled>;
}
