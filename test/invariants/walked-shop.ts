import { reportInvariant } from "../../src/commands/operations/report-invariant.js";
import { walkOnce, type Teller } from "../../src/cli/invariants.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { createPool } from "../../src/platform/postgres/connection.js";
import { openReadNode, type OpenReadNode } from "../../src/platform/projector/open-read-node.js";
import type { Verdict } from "../../src/queries/operations/invariant-walk.js";
import type { Pool } from "pg";
import type { examinedShop } from "../doctor/examined-shop.js";
import type { Trader } from "../doctor/trader.js";

type Shop = ReturnType<typeof examinedShop>;

/** A walker over the shop's node that keeps what it finds; a walk goes once over all rows. */
export class Walker implements Teller {
  readonly found: Verdict[] = [];
  rows = 0;
  walks = 0;

  private constructor(private readonly node: OpenReadNode, private readonly pool: Pool, private readonly trader: Trader, private readonly pageRows: number, private readonly graceMs: number) {}

  static async of(shop: Shop, trader: Trader, pageRows = 200, graceMs = 0): Promise<Walker> {
    const node = await openReadNode({ ...shop.node(), logger: createLogger("silent"), poolSize: 1 });
    return new Walker(node, createPool({ url: shop.primary().appUrl, poolSize: 2 }), trader, pageRows, graceMs);
  }

  /** @returns whether it was this walker's turn */
  step(): Promise<boolean> {
    return walkOnce({ node: this.node, write: { pool: this.pool }, everyMs: 0, tell: this, graceMs: this.graceMs, pageRows: this.pageRows });
  }

  /** From the beginning to the end, over all that is in the log by now. */
  async walk(): Promise<Verdict[]> {
    const { rows: [last] } = await this.pool.query<{ position: string }>("SELECT max(position)::text AS position FROM event_log");
    const projections = ["order_card", "payment_card", "shipment_card", "reservation_card", "ledger_entry", "stock_level", "invariant_card"];
    if (!await this.node.reached(last!.position, projections, 10_000)) throw new Error("the node has not caught up within 10 s");
    await this.pool.query("DELETE FROM invariant_walk");
    this.found.length = 0;
    const before = this.walks;
    while (this.walks === before) await this.step();
    return [...this.found];
  }

  async verdict(verdict: Verdict): Promise<void> {
    this.found.push(verdict);
    await this.trader.send(reportInvariant, verdict, crypto.randomUUID());
  }

  stepped(_node: string, rows: number, seconds: number | null): void {
    this.rows += rows;
    if (seconds !== null) this.walks += 1;
  }

  async close(): Promise<void> {
    await this.node.close();
    await this.pool.end();
  }
}
