import pg from "pg";
import { newId } from "../../src/kernel/ids.js";
import { projectorQueues } from "../../src/platform/projector/queues.js";
import { createShopDatabases, type ShopNode } from "../support/shop-databases.js";
import type { BankEvent } from "./bank.js";

export interface LoneEvent {
  readonly position: number;
  readonly version: number;
  readonly event: BankEvent;
  /** Default: the next one. */
  readonly arrival?: number;
}

/** A migrated node that no primary writes to: the test is the apply worker, and may deliver in any order. */
export class LoneNode {
  private constructor(readonly node: ShopNode, private readonly client: pg.Client, readonly drop: () => Promise<void>) {}

  static async create(): Promise<LoneNode> {
    const shop = await createShopDatabases({ nodes: 1, nodeQueues: projectorQueues, connect: false });
    const node = shop.nodes[0]!;
    const client = new pg.Client({ connectionString: node.adminUrl });
    await client.connect();
    await client.query("INSERT INTO node_identity (name, slot_name) VALUES ($1, 'lone') ON CONFLICT DO NOTHING", [node.name]);
    return new LoneNode(node, client, async () => {
      await client.end();
      await shop.drop();
    });
  }

  async deliver(...events: readonly LoneEvent[]): Promise<void> {
    for (const { position, version, event, arrival } of events) {
      const { type, ...data } = event;
      await this.client.query(
        `INSERT INTO event_log (position, event_id, stream_category, stream_id, version, type, schema_version, data, metadata, recorded_at, arrival)
         OVERRIDING SYSTEM VALUE
         VALUES ($1, $2, 'account', $3, $4, $5, 1, $6, '{}', now(), coalesce($7, (SELECT coalesce(max(arrival), 0) + 1 FROM event_log)))`,
        [position, newId(), `account-${event.account}`, version, type, JSON.stringify(data), arrival ?? null]);
    }
  }

  /** The first copy is complete: all that is here was part of it. */
  async markBootstrap(): Promise<void> {
    await this.client.query("UPDATE node_identity SET bootstrap_arrival = (SELECT coalesce(max(arrival), 0) FROM event_log)");
  }
}
