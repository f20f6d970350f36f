import { z } from "zod";
import { callKinds, noTrouble, withOrdered, type CallKind } from "./courier-trouble.js";

/** Faults for the next calls of a kind. */
const callOrderSchema = z.strictObject({
  kind: z.enum(callKinds),
  /** E.g. `hang_after`, `latency=3000`. */
  fault: z.string(),
  times: z.int().min(1).max(1_000_000).default(1),
  /** Only calls about this shipment. */
  shipmentId: z.string().optional(),
});

export type CallOrder = z.input<typeof callOrderSchema>;

export type OutstandingCallOrder = Readonly<z.output<typeof callOrderSchema>>;

const ordersMax = 1_000;

/** The faults that were ordered and did not happen yet; the oldest that fits happens first. */
export class CallOrders {
  readonly #orders: { order: OutstandingCallOrder; left: number }[] = [];

  /** @throws RangeError naming what is wrong */
  add(given: unknown): void {
    const parsed = callOrderSchema.safeParse(given);
    if (!parsed.success) throw new RangeError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
    withOrdered(noTrouble, parsed.data.fault);
    if (this.#orders.length >= ordersMax) throw new RangeError(`at most ${ordersMax} orders may be outstanding`);
    this.#orders.push({ order: parsed.data, left: parsed.data.times });
  }

  outstanding(): readonly OutstandingCallOrder[] {
    return this.#orders.map(({ order, left }) => ({ ...order, times: left }));
  }

  clear(): void {
    this.#orders.length = 0;
  }

  /** Uses one up. @returns the fault, null where none was ordered */
  take(kind: CallKind, shipmentId: string | undefined): string | null {
    const place = this.#orders.findIndex(({ order }) => order.kind === kind && (order.shipmentId === undefined || order.shipmentId === shipmentId));
    const found = this.#orders[place];
    if (!found) return null;
    found.left -= 1;
    if (found.left === 0) this.#orders.splice(place, 1);
    return found.order.fault;
  }
}
