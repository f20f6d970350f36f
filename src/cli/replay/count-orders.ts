import { defineId } from "../../platform/graphql/opaque-id.js";
import type { Acknowledgement } from "./ack-journal.js";
import { eachOf } from "./each-of.js";
import type { ReplayIdentity } from "./identity.js";
import type { Patience, ShopApi } from "./shop-api.js";

/** An order of this replay's customers, as somebody shows it. */
export interface FoundOrder {
  readonly id: string;
  readonly status: string;
}

/** What was promised against what is there. */
export interface Count {
  /** Promised orders that are not there. */
  readonly missing: readonly Acknowledgement[];
  /** Orders that no line of the file accounts for. */
  readonly doubled: readonly string[];
  /** Orders found, promised in this run or not. */
  readonly found: number;
}

interface OrdersPage {
  readonly orders: {
    readonly nodes: readonly FoundOrder[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

const orderIds = defineId("order");
const customersAtOnce = 2;
const pageSize = 100;
const ordersOf = `query ReplayCounts($customerId: ID!, $after: String) {
  orders(first: ${pageSize}, after: $after, filter: { customerId: $customerId }) { nodes { id status } pageInfo { hasNextPage endCursor } }
}`;

/** Every order of the replay's customers, through the API. @throws RequestRefused, Unanswered */
export async function ordersByApi(api: ShopApi, identity: ReplayIdentity, patience: () => Patience): Promise<readonly FoundOrder[]> {
  const found: FoundOrder[] = [];
  await eachOf(identity.customerIds, customersAtOnce, async (customerId) => {
    for (let after: string | null = null, more = true; more;) {
      const { orders }: OrdersPage = await api.insist<OrdersPage>(ordersOf, { customerId, after }, patience());
      found.push(...orders.nodes);
      more = orders.pageInfo.hasNextPage;
      after = orders.pageInfo.endCursor;
    }
  });
  return found;
}

/**
 * Which promises are broken. A found order is right when it is the one order of a line of the file, also where
 * another run placed it; every other is one too many.
 */
export function countOrders(
  found: Iterable<Pick<FoundOrder, "id">>, acknowledged: Iterable<Acknowledgement>, identity: ReplayIdentity, lines: ReadonlySet<number>,
): Count {
  const rightful = new Set<string>();
  for (const line of lines) rightful.add(orderIds.encode(identity.orderIdOf(line)));
  const there = new Set<string>();
  const doubled: string[] = [];
  for (const { id } of found) {
    if (there.has(id) || !rightful.has(id)) doubled.push(id);
    there.add(id);
  }
  return { missing: [...acknowledged].filter(({ orderId }) => !there.has(orderId)), doubled, found: there.size };
}
