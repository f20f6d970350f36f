import { upsertProducts } from "../../src/commands/catalog/upsert-products.js";
import { receiveStock } from "../../src/commands/inventory/receive-stock.js";
import { startHandServer, type HandServer } from "./by-hand.js";
import { closedLoad } from "./load.js";
import type { ClosedRecord, OpenRecord } from "./load-job.js";
import type { SaleOptions } from "./options.js";
import type { Target } from "./order-request.js";
import { phaseFigures, recoveryOf, type PhaseFigures, type Recovery } from "./phase-figures.js";
import { play, type PhaseCost } from "./play.js";
import { cpuSeconds, type Watched } from "./process-figures.js";
import { scheduleOf, type Plan } from "./schedule.js";
import type { Shop } from "./shop.js";

export interface SaleFigures {
  readonly plan: Plan;
  readonly phases: readonly PhaseFigures[];
  readonly recovery: Recovery;
  readonly costs: readonly PhaseCost[];
  readonly record: OpenRecord;
}

export interface FiftyFigures {
  readonly figures: PhaseFigures;
  /** Different orders that were acknowledged. */
  readonly orders: number;
  readonly strange: readonly string[];
}

export interface ClosedFigures extends ClosedRecord {
  /** CPU time an order, by process: says the same on a busy machine as on an idle one. */
  readonly microsAnOrder: ReadonlyMap<string, number>;
}

const warmUpMs = 2_000;
/** As long as it takes a buyer to say "it hangs". */
const quickQuietSeconds = 5;
/** Only the databases, and the server by hand. */
function watchedWith(server: HandServer, watched: readonly Watched[]): Watched[] {
  return [{ name: "by-hand", pid: server.pid, withChildren: false }, ...watched.filter(({ withChildren }) => withChildren)];
}

export const fiftyUnits = 50;
export const fiftySku = "FEW";
const fiftyWishesPerSecond = 1_500;

/** Runs loads against a shop, each with keys of its own. */
export class SaleRun {
  #loads = 0;
  /** Ids of all orders that Millrace acknowledged, in any load. */
  readonly acknowledged = new Set<string>();

  constructor(private readonly shop: Shop, private readonly options: SaleOptions) {}

  /** So many buyers of the hot product at once, each of whom comes again as soon as it has been served. */
  async closed(target: Target, callers: number, watched = this.shop.watched): Promise<ClosedFigures> {
    const before = await cpuSeconds(watched);
    const record = await closedLoad({
      ...this.#job(target), kind: "closed", callers, warmUpMs, durationMs: this.options.capacitySeconds * 1_000,
    });
    const after = await cpuSeconds(watched);
    this.#note(target, record.orderIds);
    const microsAnOrder = new Map([...after].map(([name, used]) => [name, ((used - (before.get(name) ?? used)) * 1e6) / record.orderIds.length]));
    return { ...record, microsAnOrder };
  }

  /** A quiet phase, the spike, and a quiet phase again. */
  async sale(target: Target, spikeRate: number, { quick = false, watched = this.shop.watched } = {}): Promise<SaleFigures> {
    const { quietSeconds, spikeSeconds, afterSeconds, othersPerSecond, connectionsWarm, connectionsMax } = this.options;
    const plan: Plan = {
      othersPerSecond,
      phases: [
        { name: "before", seconds: quick ? Math.min(quietSeconds, quickQuietSeconds) : quietSeconds, clicksPerSecond: spikeRate / 10 },
        { name: "spike", seconds: spikeSeconds, clicksPerSecond: spikeRate },
        { name: "after", seconds: quick ? Math.min(afterSeconds, quickQuietSeconds) : afterSeconds, clicksPerSecond: spikeRate / 10 },
      ],
    };
    const { record, costs } = await play({ ...this.#job(target), kind: "open", plan, connectionsWarm, connectionsMax }, watched);
    this.#note(target, record.orderIds);
    const phases = phaseFigures(plan, record);
    return { plan, phases, record, costs, recovery: recoveryOf(plan, record, phases[0]?.hot.p99Ms ?? 0) };
  }

  /** Fifty units, and as many buyers as click within a second. */
  async fifty(): Promise<FiftyFigures> {
    const { connectionsWarm, connectionsMax } = this.options;
    await this.#stockFifty();
    const plan: Plan = { othersPerSecond: this.options.othersPerSecond, phases: [{ name: "fifty", seconds: 1, clicksPerSecond: fiftyWishesPerSecond / 0.8 }] };
    const target = { ...this.shop.target, hotSku: fiftySku };
    const { record } = await play({ ...this.#job(target), kind: "open", plan, connectionsWarm, connectionsMax }, []);
    this.#note(target, record.orderIds);
    const [figures] = phaseFigures(plan, record);
    if (!figures) throw new Error("there is one phase");
    const { hot } = scheduleOf(plan);
    return { figures, strange: record.strange, orders: new Set(record.orderIds.filter((id, click) => id !== "" && hot[click] === 1)).size };
  }

  closedByHand(poolSize: number, callers: number): Promise<ClosedFigures> {
    return this.#withHandServer(poolSize, (server) => this.closed(server.target, callers, watchedWith(server, this.shop.watched)));
  }

  /** The same spike, with less of a quiet time before and after it. */
  saleByHand(poolSize: number, spikeRate: number): Promise<SaleFigures> {
    return this.#withHandServer(poolSize, (server) => this.sale(server.target, spikeRate, { quick: true, watched: watchedWith(server, this.shop.watched) }));
  }

  async #withHandServer<Result>(poolSize: number, use: (server: HandServer) => Promise<Result>): Promise<Result> {
    const server = await startHandServer(this.shop.surroundings.servers.primary.adminUrl, poolSize);
    try {
      return await use(server);
    } finally {
      await server.stop();
    }
  }

  #job(target: Target): { readonly target: Target; readonly load: number; readonly tokens: readonly string[]; readonly patienceMs: number } {
    this.#loads += 1;
    return { target, load: this.#loads, tokens: this.shop.tokens, patienceMs: this.options.patienceSeconds * 1_000 };
  }

  #note({ kind }: Target, orderIds: readonly string[]): void {
    if (kind === "millrace") for (const id of orderIds) if (id !== "") this.acknowledged.add(id);
  }

  async #stockFifty(): Promise<void> {
    const { bus } = this.shop.surroundings.write;
    const envelope = { actor: { role: "operator", id: "bench" }, idempotencyKey: "fifty" } as const;
    await bus.execute(upsertProducts, { products: [{ sku: fiftySku, name: "Fifty of these", priceMinor: 1_999, currency: "EUR", weightGrams: 300, taxBasisPoints: 1_900 }] }, envelope);
    await bus.execute(receiveStock, { lines: [{ sku: fiftySku, quantity: fiftyUnits }] }, envelope);
  }
}
