import type { GraphQLSchema } from "graphql";
import { mintToken } from "../src/cli/token.js";
import { schema } from "../src/cli/schema-of-all.js";
import { openLive } from "../src/cli/live.js";
import { startApiProcess, type ApiProcess } from "../src/cli/api-process.js";
import { startProjectorProcess } from "../src/cli/projector-process.js";
import type { Running } from "../src/cli/deployment.js";
import type { LivePort } from "../src/platform/live/live-port.js";
import { PlacedOrderType } from "../src/commands/orders/placed-order.type.js";
import type { OrderCardRow } from "../src/projections/orders/order-card.projection.js";
import { orderType } from "../src/queries/orders/order.type.js";
import { customerId, type Surroundings } from "./surroundings.js";

/** The API in this process, as `npm start` has it, with a projector beside it; the load comes from another process. */
export interface BenchApi extends Running {
  readonly url: string;
  readonly process: ApiProcess;
  readonly live: LivePort;
  readonly customerToken: string;
  readonly operatorToken: string;
}

export async function startBenchApi({ deployment, write }: Surroundings): Promise<BenchApi> {
  const live = openLive(deployment);
  const projectors = await Promise.all(deployment.nodes.map((node) => startProjectorProcess(deployment, write, live, node)));
  const process = await startApiProcess(deployment, write, live, withDoNothing(schema()));
  const secret = deployment.settings.JWT_SECRET ?? "";
  return {
    url: `${process.api.url}/graphql`, process, live,
    customerToken: await mintToken({ secret, role: "customer", subject: customerId, ttlSeconds: 3_600 }),
    operatorToken: await mintToken({ secret, role: "operator", subject: "bench", ttlSeconds: 3_600 }),
    async stop() {
      await process.stop();
      await Promise.all(projectors.map((projector) => projector.stop()));
      await live.close();
    },
  };
}

const orderId = "00000000-0000-5000-8000-000000000000";
const at = "2026-01-01T00:00:00.000Z";
const totals = { currency: "EUR", linesMinor: 1_999, shippingMinor: 540, taxMinor: 380, totalMinor: 2_919 };
const line = { sku: "HOT", name: "Product HOT", quantity: 1, unitPriceMinor: 1_999, unitWeightGrams: 300, taxBasisPoints: 1_900, netMinor: 1_999, taxMinor: 380 };
const order = orderType({
  orderId, customerId, status: "PLACED", paymentStatus: "PENDING", reason: null, lines: [line], ...totals, shipmentIds: [],
  placedAt: at, updatedAt: at, placedPosition: "1", version: 1,
} as unknown as OrderCardRow);
const payload = {
  order: new PlacedOrderType({ orderId, totals, placedAt: at }, `order_${orderId}`), orderId: `order_${orderId}`, userErrors: [], position: "1", replayed: false,
};
const page = {
  edges: [], nodes: Array.from({ length: 50 }, () => order),
  pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: "a", endCursor: "b" },
};

/** Adds fields that answer a constant in the shape of the real ones: what the server itself costs. */
export function withDoNothing(real: GraphQLSchema): GraphQLSchema {
  const mutations = real.getMutationType()?.getFields();
  const queries = real.getQueryType()?.getFields();
  const { placeOrder } = mutations ?? {};
  const { order: one, orders } = queries ?? {};
  if (!mutations || !queries || !placeOrder || !one || !orders) throw new Error("the schema lacks the fields that are measured");
  mutations["doNothing"] = { ...placeOrder, name: "doNothing", resolve: () => payload };
  queries["nothing"] = { ...one, name: "nothing", resolve: () => order };
  queries["nothings"] = { ...orders, name: "nothings", resolve: () => page };
  return real;
}
