import pg from "pg";
import { scheduleSale } from "../../src/commands/inventory/schedule-sale.js";
import { after } from "../../src/kernel/time.js";
import type { CommandBus } from "../../src/platform/bus/command-bus.js";
import { buyerId } from "../sale/order-request.js";
import { joinSaleQueue } from "../../src/commands/inventory/join-sale-queue.js";

const operator = { role: "operator", id: "bench" } as const;
const mebibyte = 1_048_576;

/** Sets a sale with a waiting room up that begins so many seconds from now, with units for everybody. */
export async function openRoom(bus: CommandBus, sku: string, inSeconds: number, ratePerSecond: number): Promise<{ readonly saleId: string; readonly startsAtMs: number }> {
  const startsAtMs = Date.now() + inSeconds * 1_000;
  const startsAt = new Date(startsAtMs).toISOString();
  const { answer, refusal } = await bus.execute(scheduleSale, {
    sku, priceMinor: 999, currency: "EUR", allocation: 100_000, startsAt, endsAt: after(startsAt, 3_600_000), limitPerCustomer: 1, holdSeconds: 600,
    waitingRoom: { ratePerSecond, passSeconds: 600 },
  }, { actor: operator, idempotencyKey: `room-${sku}` });
  if (!answer) throw new Error(`the sale was refused: ${String(refusal?.code)}`);
  return { saleId: answer.saleId, startsAtMs };
}

/** Customers join, past the API. */
export async function joinByBus(bus: CommandBus, saleId: string, first: number, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => {
    const id = buyerId(first + index);
    return bus.execute(joinSaleQueue, { saleId, buyer: `customer:${id}` }, { actor: { role: "customer", id }, idempotencyKey: `join-${saleId}-${id}` });
  }));
}

/** MiB on the primary's disk: of the tickets and their room, and of everything. */
export async function onDisk(adminUrl: string): Promise<{ readonly tickets: number; readonly all: number }> {
  const client = new pg.Client(adminUrl);
  await client.connect();
  try {
    const { rows: [sizes] } = await client.query<{ tickets: number; all: number }>(`
      SELECT (pg_total_relation_size('sale_ticket') + pg_total_relation_size('sale_room'))::float8 / ${String(mebibyte)} AS tickets,
        pg_database_size(current_database())::float8 / ${String(mebibyte)} AS all`);
    if (!sizes) throw new Error("the primary did not answer");
    return sizes;
  } finally {
    await client.end();
  }
}
