import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { raiseAlert } from "../../src/commands/operations/raise-alert.js";
import { jobIdFor, newId } from "../../src/kernel/ids.js";
import { recordAttempts } from "../../src/platform/jobs/attempt-record.js";
import { until } from "../replication/until.js";
import { ShopApi } from "./shop-api.js";
import { cancelOrder, furnish, order } from "./shop-life.js";

const trace = "query ($id: ID!) { orderTrace(orderId: $id) { jobsKnown jobsProblem truncated entries { kind name at outcome error attempt reference actor stream } } }";
const dashboard = `query ($from: DateTime!, $to: DateTime!) { salesDashboard(from: $from, to: $to, top: 5) {
  refreshedAt hours { hour orders cancelledOrders revenue { amount currency } } topProducts { sku units orders revenue { amount } product { name } } } }`;
const alerts = "query ($open: Boolean, $position: String) { alerts(first: 10, open: $open, position: $position) { nodes { id key status count details { name value } acknowledgedBy resolvedBy } pageInfo { hasNextPage } } }";

interface Sales {
  readonly refreshedAt: string;
  readonly hours: readonly { readonly cancelledOrders: number }[];
  readonly topProducts: readonly { readonly sku: string; readonly units: number }[];
}
interface Trace { readonly entries: readonly Entry[] }
interface Entry { readonly kind: string; readonly name: string; readonly at: string; readonly outcome: string | null; readonly reference: string }

describe("an operator", () => {
  let shop: ShopApi;
  beforeAll(async () => {
    shop = await ShopApi.start();
    await furnish(shop);
  });
  afterAll(() => shop.stop());

  it("sees every event, attempt and open job of an order, in the order of time", async () => {
    const { orderId: id, raw } = await order(shop, "ann");
    let found: Trace | null = null;
    const traceWhere = async (condition: string, holds: (trace: Trace) => boolean): Promise<Trace> => {
      await until(condition, async () => {
        found = (await shop.ask("operator", trace, { id })).data.orderTrace as Trace | null;
        return found !== null && holds(found);
      });
      return found!;
    };
    const placed = await traceWhere("the order is on the node", () => true);
    expect(placed).toMatchObject({ jobsKnown: true, jobsProblem: null, truncated: false });
    expect(placed.entries[0]).toMatchObject({ kind: "EVENT", name: "OrderPlaced", outcome: null, actor: "customer:ann", stream: `order-${raw} #1` });
    // Nobody works here: the charge waits.
    const [event] = placed.entries;
    expect(placed.entries).toContainEqual(expect.objectContaining({
      kind: "JOB", name: "payments.charge", outcome: "waiting", attempt: 0, reference: jobIdFor(event!.reference, "payments.charge"),
    }));

    const at = new Date(Date.parse(event!.at) + 1).toISOString();
    await recordAttempts(shop.write.pool, [{
      jobId: newId(), queue: "payments.charge", correlationId: raw, attempt: 1, outcome: "failed", error: "the provider is down", startedAt: at, endedAt: at,
    }]);
    const tried = await traceWhere("the attempt is on the node", ({ entries }) => entries.some(({ kind }) => kind === "ATTEMPT"));
    expect(tried.entries).toContainEqual(expect.objectContaining({ kind: "ATTEMPT", name: "payments.charge", outcome: "failed", error: "the provider is down", attempt: 1 }));
    expect(tried.entries.map((entry) => Date.parse(entry.at))).toEqual(tried.entries.map((entry) => Date.parse(entry.at)).toSorted((one, other) => one - other));
  });

  it("hears that there is no such order", async () => {
    expect((await shop.ask("operator", trace, { id: `order_${newId()}` })).data.orderTrace).toBeNull();
    expect((await shop.ask("ann", trace, { id: `order_${newId()}` })).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
  });

  it("sees what was sold, and what was called off apart from it", async () => {
    const kept = await order(shop, "bob", [{ sku: "SHADE", quantity: 3 }]);
    const given = await order(shop, "bob", [{ sku: "SHADE", quantity: 50 }]);
    await shop.ask("bob", cancelOrder, { input: { orderId: given.orderId, reason: "too many", idempotencyKey: newId() } });
    const [from, to] = [new Date(Date.now() - 7_200_000).toISOString(), new Date(Date.now() + 7_200_000).toISOString()];
    let sales: Sales | null = null;
    await until("the views show both orders", async () => {
      await shop.refreshViews();
      const answer = await shop.ask("operator", dashboard, { from, to });
      if (answer.errors) {
        // A view that has not been filled yet says so, and may be asked again.
        expect(answer.errors[0]?.extensions.code).toBe("READ_UNAVAILABLE");
        return false;
      }
      sales = answer.data.salesDashboard as Sales;
      return sales.topProducts.some(({ sku, units }) => sku === "SHADE" && units === 3) && sales.hours.some(({ cancelledOrders }) => cancelledOrders === 1);
    });
    const { topProducts, refreshedAt } = sales!;
    expect(topProducts).toContainEqual(expect.objectContaining({ sku: "SHADE", units: 3, orders: 1, revenue: { amount: "16.50" }, product: { name: "Lamp shade" } }));
    expect(Date.parse(refreshedAt)).toBeGreaterThan(Date.parse(from));
    expect(kept.orderId).not.toBe(given.orderId);
    const backward = await shop.ask("operator", dashboard, { from: to, to: from });
    expect(backward.errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });

  it("sees alerts, acknowledges and closes them", async () => {
    const orderId = newId();
    const raised = await shop.send(raiseAlert, {
      key: "queue_dead:payments.charge", severity: "warning", message: "A charge was given up.", details: { orderId, amountMinor: 5 },
    });
    const open = async (position: string): Promise<Record<string, unknown>[]> => (await shop.ask("operator", alerts, { open: true, position })).data.alerts.nodes;
    expect(await open(raised)).toMatchObject([{
      key: "queue_dead:payments.charge", status: "OPEN", count: 1, details: [{ name: "orderId", value: `order_${orderId}` }, { name: "amountMinor", value: "5" }],
    }]);
    const input = { key: "queue_dead:payments.charge" };
    const seen = await shop.ask("operator", "mutation ($input: AcknowledgeAlertInput!) { acknowledgeAlert(input: $input) { key position userErrors { code } } }", { input: { ...input, idempotencyKey: newId() } });
    expect(await open(seen.data.acknowledgeAlert.position)).toMatchObject([{ status: "ACKNOWLEDGED", acknowledgedBy: "olga" }]);
    const over = await shop.ask("operator", "mutation ($input: ResolveAlertInput!) { resolveAlert(input: $input) { key position } }", { input: { ...input, idempotencyKey: newId() } });
    expect(await open(over.data.resolveAlert.position)).toEqual([]);
    expect((await shop.ask("operator", alerts, { open: false })).data.alerts.nodes).toMatchObject([{ status: "RESOLVED", resolvedBy: "olga" }]);
    const unknown = await shop.ask("operator", "mutation ($input: AcknowledgeAlertInput!) { acknowledgeAlert(input: $input) { userErrors { code field } } }", { input: { key: "nothing", idempotencyKey: newId() } });
    expect(unknown.data.acknowledgeAlert.userErrors).toEqual([{ code: "ALERT_UNKNOWN", field: ["key"] }]);
  });
});
