import type { Client } from "pg";
import type { LivingOrder } from "../../commands/orders/order-state.js";
import { heldLines } from "../../commands/orders/order-units.js";
import { inThousands, Problems, type Examined } from "./finding.js";
import { standstills } from "./moved-by.js";
import { examineReserved } from "./check-reserved.js";
import { readOrder, type OrderReading, type StoredEvent } from "./order-laws.js";

/** Events fetched at once: of orders with the most lines some dozen megabytes. */
const fetchSize = 500;
/** Orders whose parcels are asked for in one query. */
const idleMax = 500;

interface EventRow extends StoredEvent {
  readonly stream_id: string;
}

/** In the order of the unique index, so that nothing is sorted and each stream comes whole. */
const cursorSql = `
  DECLARE doctor_orders NO SCROLL CURSOR FOR
  SELECT stream_id, version, type, data FROM event_log WHERE stream_category = 'order' ORDER BY stream_id, version`;

/** Orders that wait by right: for a job, also one that runs much later, or for the provider's word on a payment. */
const pendingSql = `
  SELECT data->>'correlationId' AS order_id FROM pgboss.job
  WHERE state IN ('created', 'retry', 'active') AND name NOT LIKE '%.dead' AND data->>'correlationId' IS NOT NULL
  UNION SELECT order_id FROM payment_case WHERE ask_at IS NOT NULL`;

/** What all orders together say; of one order at a time there is more in memory than its id. */
class Ledger {
  readonly sequence = new Problems();
  readonly stock = new Problems();
  readonly parcels = new Problems();
  readonly lost = new Problems();
  readonly troubled = new Problems();
  /** Units that open orders hold, by SKU: as large as the catalog. */
  readonly held = new Map<string, number>();
  readonly statuses = new Map<string, number>();
  orders = 0;

  add(streamId: string, { order, sequence, stock, parcels }: OrderReading): void {
    const orderId = streamId.replace(/^order-/, "");
    this.orders += 1;
    if (sequence.length > 0) this.sequence.add(orderId, `order ${orderId}: ${sequence.join("; ")}`);
    if (stock.length > 0) this.stock.add(orderId, `order ${orderId}: ${stock.join("; ")}`);
    if (parcels.length > 0) this.parcels.add(orderId, `order ${orderId}: ${parcels.join("; ")}`);
    this.statuses.set(order.status, (this.statuses.get(order.status) ?? 0) + 1);
    // Numbered units are not counted: they have laws of their own.
    for (const { sku, quantity, unitIds } of heldLines(order)) if (unitIds === undefined) this.held.set(sku, (this.held.get(sku) ?? 0) + quantity);
  }

  inWords(): string {
    const statuses = [...this.statuses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([status, count]) => `${inThousands(count)} ${status}`);
    return statuses.length > 0 ? statuses.join(", ") : "no order yet";
  }
}

/** Folds every order's stream, one after the other, and asks of each that is not over what moves it. */
export async function examineOrders(client: Client): Promise<Examined[]> {
  const ledger = new Ledger();
  const { rows } = await client.query<{ order_id: string }>(pendingSql);
  const pending = new Set(rows.map(({ order_id }) => order_id));
  let idle: LivingOrder[] = [];
  const ask = async (): Promise<void> => {
    for (const { orderId, text, atCourier } of await standstills(client, idle)) (atCourier ? ledger.troubled : ledger.lost).add(orderId, text);
    idle = [];
  };
  for await (const [streamId, events] of streams(client)) {
    const reading = readOrder(streamId, events);
    ledger.add(streamId, reading);
    const { order } = reading;
    if (order.status === "absent" || isOver(order.status) || pending.has(order.orderId)) continue;
    idle.push(order);
    if (idle.length >= idleMax) await ask();
  }
  await ask();
  return [...examinedOf(ledger), await examineReserved(client, ledger.held)];
}

/** A person has to look at an order ON_HOLD: it waits by right. */
function isOver(status: string): boolean {
  return status === "DELIVERED" || status === "CANCELLED" || status === "RETURNED" || status === "ON_HOLD";
}

async function* streams(client: Client): AsyncGenerator<readonly [streamId: string, events: readonly StoredEvent[]]> {
  await client.query(cursorSql);
  let current: EventRow[] = [];
  for (;;) {
    const { rows } = await client.query<EventRow>(`FETCH ${fetchSize} FROM doctor_orders`);
    for (const row of rows) {
      const [first] = current;
      if (first && first.stream_id !== row.stream_id) {
        yield [first.stream_id, current];
        current = [];
      }
      current.push(row);
    }
    if (rows.length < fetchSize) break;
  }
  const [first] = current;
  if (first) yield [first.stream_id, current];
  await client.query("CLOSE doctor_orders");
}

function examinedOf(ledger: Ledger): Examined[] {
  const base = { where: "primary" } as const;
  const orders = `${inThousands(ledger.orders)} orders`;
  const of = ({ list, count }: Problems): Pick<Examined, "problems" | "count"> => ({ problems: list, count });
  return [
    {
      ...base, check: "orders_sequence", examined: `each stream is one that the rules allow, ${ledger.inWords()}`, wrong: "orders with a stream that the rules forbid", ...of(ledger.sequence),
      remedy: "An event was written, changed or deleted beside the command bus: look at `orderTrace` and at who may write into event_log.",
    },
    {
      ...base, check: "orders_moving", examined: `each order is over, on its way, or waits for a person, ${orders}`, wrong: "orders that nothing moves (lost)", ...of(ledger.lost),
      remedy: "Their job is gone: look at `orderTrace` for the last attempt, and call it off with `cancelOrder`. A dead letter that was discarded is no more.",
    },
    {
      ...base, check: "orders_at_courier", examined: "no courier reports trouble with a parcel", severity: "warn", wrong: "orders with a parcel in trouble", ...of(ledger.troubled),
      remedy: "Ask the courier about the parcel.",
    },
    {
      ...base, check: "orders_parcels", examined: `parcels hold what was ordered, ${orders}`, wrong: "orders whose parcels do not hold what was ordered", ...of(ledger.parcels),
      remedy: "Compare the order's lines with its shipments; send what is missing by hand.",
    },
    {
      ...base, check: "orders_stock_facts", examined: `stock facts are what the events did, ${orders}`, wrong: "orders with stock facts that do not fit their events", ...of(ledger.stock),
      remedy: "The log was changed beside the command bus; the stock of these SKUs has to be counted.",
    },
  ];
}
