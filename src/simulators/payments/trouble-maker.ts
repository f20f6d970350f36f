import type { FaultSwitch } from "../faults.js";
import type { FaultOrders, RequestKind } from "./fault-orders.js";
import type { PaymentFaults } from "./payment-faults.js";
import { invalid } from "./stripe-errors.js";
import { troubleByChance, withOrdered, type Trouble } from "./trouble.js";

export interface TroubledChange {
  readonly kind: RequestKind;
  /** Of the payment that it is about, as well as its own. */
  readonly metadataOf: () => Readonly<Record<string, string>>;
  /** What the request itself asks for, in its `metadata[simulator_fault]`. */
  readonly own: string | null;
  readonly key: string | null;
  /** The key has its answer. */
  readonly repeated: boolean;
}

/** A request may name its own fault in its metadata, under this name. */
export const faultMetadata = "simulator_fault";

/** Keys whose own fault has happened; the oldest are forgotten. */
const struckMax = 10_000;

/** What goes wrong with a request: by chance, then as the request itself asks, then as was ordered for its kind. */
export class TroubleMaker {
  readonly #struck = new Set<string>();

  constructor(
    private readonly faults: FaultSwitch<PaymentFaults>,
    private readonly orders: FaultOrders,
    private readonly random: () => number,
  ) {}

  ofRead(kind: RequestKind, metadataOf: () => Readonly<Record<string, string>>): Trouble {
    return this.#withOrder(troubleByChance(this.faults.current, "GET", this.random), kind, metadataOf);
  }

  /** @throws StripeProblem where the request names a fault that there is not */
  ofChange({ kind, metadataOf, own, key, repeated }: TroubledChange): Trouble {
    const chance = troubleByChance(this.faults.current, "POST", this.random);
    // A repetition does nothing anew: only an order makes its answer stay away.
    if (repeated) return this.#withOrder({ ...chance, after: null }, kind, metadataOf);
    return this.#withOrder(own === null ? chance : this.#withOwn(chance, own, key), kind, metadataOf);
  }

  #withOrder(trouble: Trouble, kind: RequestKind, metadataOf: () => Readonly<Record<string, string>>): Trouble {
    const ordered = this.orders.take(kind, metadataOf);
    return ordered === null ? trouble : withOrdered(trouble, ordered);
  }

  /** What comes before the work happens once a key: the repetition asks for the same and must be able to get further. */
  #withOwn(chance: Trouble, text: string, key: string | null): Trouble {
    const trouble = ownTrouble(chance, text);
    if (trouble.before === chance.before || key === null) return trouble;
    if (this.#struck.has(key)) return { ...trouble, before: chance.before };
    this.#struck.add(key);
    const [oldest] = this.#struck;
    if (oldest !== undefined && this.#struck.size > struckMax) this.#struck.delete(oldest);
    return trouble;
  }
}

function ownTrouble(chance: Trouble, text: string): Trouble {
  try {
    return withOrdered(chance, text);
  } catch (error) {
    if (error instanceof RangeError) throw invalid(error.message, `metadata[${faultMetadata}]`);
    throw error;
  }
}
