import { setTimeout as delay } from "node:timers/promises";
import { eachOf } from "../../replay/each-of.js";
import type { Done, Patience, ShopApi } from "../../replay/shop-api.js";
import { shopMutations } from "../../replay/shop-mutations.js";
import { seededRandom } from "../random.js";

/** An order that is to be placed. */
export interface PlannedOrder {
  readonly place: number;
  readonly quantity: number;
  readonly parcels: number;
  /** Changes its mind after so long; null for most. */
  readonly cancelsAfterMs: number | null;
}

/** Two fit into a parcel. */
const sku = "DRILL-OVEN";
const unitGrams = 14_000;
const unitsAParcel = 2;
const quantityMax = 4;
const cancelRate = 0.05;
const cancelWithinMs = 8_000;
const customers = 40;
const atOnce = 32;

/** Where couriers go by different lanes, dear and cheap, and one only here and there. */
const addresses = [
  ["Berlin", "10115", "DE"], ["Hamburg", "20095", "DE"], ["Köln", "50667", "DE"], ["München", "80331", "DE"], ["Leipzig", "04103", "DE"], ["Wien", "1010", "AT"], ["Lyon", "69002", "FR"],
] as const;

const payload = "userErrors { code message }";
const placeDocument = `mutation DrillPlace($input: PlaceOrderInput!) { done: placeOrder(input: $input) { orderId ${payload} } }`;
const cancelDocument = `mutation DrillCancel($input: CancelOrderInput!) { done: cancelOrder(input: $input) { ${payload} } }`;

/** Orders until they come to that many parcels. */
export function planOrders(parcels: number, seed: number): readonly PlannedOrder[] {
  const random = seededRandom(seed);
  const planned: PlannedOrder[] = [];
  for (let sum = 0; sum < parcels;) {
    const quantity = Math.min(1 + Math.floor(random() * quantityMax), (parcels - sum) * unitsAParcel);
    const order = { place: planned.length, quantity, parcels: Math.ceil(quantity / unitsAParcel), cancelsAfterMs: random() < cancelRate ? random() * cancelWithinMs : null };
    planned.push(order);
    sum += order.parcels;
  }
  return planned;
}

/** Customers who order at a steady pace; a few change their minds. */
export class Buyers {
  readonly acknowledged = new Set<string>();

  constructor(private readonly api: ShopApi, private readonly patienceMs: number, private readonly stop: AbortSignal) {}

  async furnish(): Promise<void> {
    await this.#must(shopMutations.upsertProducts, { idempotencyKey: "drill:product", products: [{ sku, name: "Tile oven", price: "249.00", weightGrams: unitGrams, taxBasisPoints: 1_900 }] });
    await this.#must(shopMutations.receiveStock, { idempotencyKey: "drill:stock", lines: [{ sku, quantity: 1_000_000 }] });
    await eachOf(Array.from({ length: customers }, (_, place) => place), atOnce, async (place) => {
      const [city, postalCode, country] = addresses[place % addresses.length] ?? addresses[0];
      await this.#must(shopMutations.upsertCustomer, {
        idempotencyKey: `drill:customer:${place}`, customerId: customerOf(place), name: "A buyer", email: `drill-${place}@example.com`,
        address: { street: "1 Mill Lane", city, postalCode, country },
      });
    });
  }

  /** @param forMs over which they are spread evenly */
  async place(orders: readonly PlannedOrder[], forMs: number): Promise<void> {
    const beganMs = performance.now();
    const cancelling: Promise<void>[] = [];
    await eachOf(orders, atOnce, async (order) => {
      await this.#until(beganMs + (order.place / orders.length) * forMs);
      const input = { idempotencyKey: `drill:order:${order.place}`, customerId: customerOf(order.place), lines: [{ sku, quantity: order.quantity }] };
      const { orderId } = await this.#must<Done & { readonly orderId: string }>(placeDocument, input);
      this.acknowledged.add(orderId);
      if (order.cancelsAfterMs !== null) cancelling.push(this.#cancel(orderId, order.cancelsAfterMs));
    });
    await Promise.all(cancelling);
  }

  async #cancel(orderId: string, afterMs: number): Promise<void> {
    await this.#until(performance.now() + afterMs);
    // That it is too late is an answer too.
    await this.api.insist(cancelDocument, { input: { idempotencyKey: `drill:cancel:${orderId}`, orderId, reason: "changed my mind" } }, this.#patience());
  }

  #until(atMs: number): Promise<void> {
    return delay(Math.max(0, atMs - performance.now()), undefined, { signal: this.stop });
  }

  #patience(): Patience {
    return { giveUpAtMs: performance.now() + this.patienceMs, signal: this.stop };
  }

  #must<Answer extends Done>(document: string, input: object): Promise<Answer> {
    return this.api.must<Answer>(document, input, this.#patience(), "The drill cannot go on");
  }
}

function customerOf(place: number): string {
  return `drill-buyer-${place % customers}`;
}
