import { upsertProducts } from "../commands/catalog/upsert-products.js";
import { upsertCustomer } from "../commands/customers/upsert-customer.js";
import { receiveStock } from "../commands/inventory/receive-stock.js";
import { readState } from "../platform/jobs/event-reader.js";
import { customerStream } from "../commands/customers/customer.decider.js";
import type { CommandEnvelope } from "../platform/bus/command-bus.js";
import type { WriteSide } from "./write-side.js";

/** The customer that the demo token stands for. */
export const demoCustomerId = "demo-customer";

const products = [
  { sku: "TEA-GREEN-100", name: "Green tea, 100 g", priceMinor: 799, weightGrams: 120, taxBasisPoints: 700, sizeMm: [160, 80, 60] },
  { sku: "TEAPOT-CAST", name: "Cast-iron teapot, 0.8 l", priceMinor: 4_990, weightGrams: 1_600, taxBasisPoints: 1_900, sizeMm: [240, 200, 180] },
  { sku: "CUP-PORCELAIN", name: "Porcelain cup", priceMinor: 1_250, weightGrams: 280, taxBasisPoints: 1_900, sizeMm: [120, 100, 90] },
  { sku: "KETTLE-ELECTRIC", name: "Electric kettle, 1.7 l", priceMinor: 3_900, weightGrams: 1_100, taxBasisPoints: 1_900, sizeMm: [280, 240, 200] },
  { sku: "HONEY-LIME", name: "Lime-blossom honey, 500 g", priceMinor: 890, weightGrams: 760, taxBasisPoints: 700, sizeMm: [110, 90, 90] },
  { sku: "LAST-SEAT", name: "Tea ceremony, one seat left", priceMinor: 6_500, weightGrams: 0, taxBasisPoints: 1_900 },
] as const;

const unitsEach = 100_000;

/**
 * A small catalog to try things with, and a customer, who is registered last: without one the catalog is not whole.
 * A start that was killed while seeding is taken up by the next one, with the same keys.
 * @returns how many products were made; null where that was done before
 */
export async function seedCatalog({ bus, pool }: Pick<WriteSide, "bus" | "pool">, currency: string): Promise<number | null> {
  if (await readState(pool, customerStream, demoCustomerId) !== "absent") return null;
  const envelope: CommandEnvelope = { actor: { role: "system", id: "seed" }, idempotencyKey: "seed-1" };
  await bus.execute(upsertProducts, { products: products.map((product) => ({ ...product, currency })) }, envelope);
  await bus.execute(receiveStock, {
    lines: products.map(({ sku }) => ({ sku, quantity: sku === "LAST-SEAT" ? 1 : unitsEach })),
  }, envelope);
  await bus.execute(upsertCustomer, {
    customerId: demoCustomerId, name: "Demo Customer", email: "demo@example.com", phone: null,
    address: { street: "1 Mill Lane", city: "Riverside", postalCode: "12345", country: "DE" },
  }, envelope);
  return products.length;
}
