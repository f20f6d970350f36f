import { z } from "zod";
import { noPaymentFaults } from "./payment-faults.js";
import { troubleByChance, withOrdered } from "./trouble.js";

export const requestKinds = ["create", "confirm", "capture", "cancel", "refund", "retrieve", "list", "search"] as const;

export type RequestKind = typeof requestKinds[number];

/** Faults for the next requests of a kind. */
const faultOrderSchema = z.strictObject({
  kind: z.enum(requestKinds),
  /** E.g. `timeout_after,webhook_lost`. */
  fault: z.string(),
  times: z.int().min(1).max(1_000_000).default(1),
  /** Only requests for payments with this metadata. */
  metadata: z.record(z.string(), z.string()).default({}),
});

export type FaultOrder = z.input<typeof faultOrderSchema>;

export type OutstandingOrder = Readonly<z.output<typeof faultOrderSchema>>;

const ordersMax = 1_000;

/** The faults that were ordered and did not happen yet; the oldest that fits happens first. */
export class FaultOrders {
  readonly #orders: { order: OutstandingOrder; left: number }[] = [];

  /** @throws RangeError naming what is wrong */
  add(given: unknown): void {
    const parsed = faultOrderSchema.safeParse(given);
    if (!parsed.success) throw new RangeError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
    withOrdered(troubleByChance(noPaymentFaults, "POST", () => 0), parsed.data.fault);
    if (this.#orders.length >= ordersMax) throw new RangeError(`at most ${ordersMax} orders may be outstanding`);
    this.#orders.push({ order: parsed.data, left: parsed.data.times });
  }

  outstanding(): readonly OutstandingOrder[] {
    return this.#orders.map(({ order, left }) => ({ ...order, times: left }));
  }

  clear(): void {
    this.#orders.length = 0;
  }

  /** Uses one up. @param metadataOf asked only where it matters @returns the fault, null where none was ordered */
  take(kind: RequestKind, metadataOf: () => Readonly<Record<string, string>>): string | null {
    if (!this.#orders.some(({ order }) => order.kind === kind)) return null;
    const metadata = metadataOf();
    const fits = ({ order }: { readonly order: OutstandingOrder }): boolean =>
      order.kind === kind && Object.entries(order.metadata).every(([name, value]) => metadata[name] === value);
    const place = this.#orders.findIndex(fits);
    const found = this.#orders[place];
    if (!found) return null;
    found.left -= 1;
    if (found.left === 0) this.#orders.splice(place, 1);
    return found.order.fault;
  }
}
