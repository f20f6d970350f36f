import { eachOf } from "./each-of.js";
import type { OrderTracker } from "./order-tracker.js";
import type { Patience, ShopApi } from "./shop-api.js";

/** Orders that one document asks for. */
const idsAtOnce = 50;
const documentsAtOnce = 2;

const places = Array.from({ length: idsAtOnce }, (_, place) => place);
/** Always the same text, so that the shop parses it once; places without an order ask for the last one again. */
const document = `query ReplaySweep(${places.map((place) => `$o${place}: ID!`).join(", ")}) {
  ${places.map((place) => `o${place}: order(id: $o${place}) { id status }`).join("\n  ")}
}`;

type SweepAnswer = Readonly<Record<string, { readonly id: string; readonly status: string } | null>>;

/** Asks where orders stand and tells the tracker: what a lost push cost is made good. @throws RequestRefused, Unanswered */
export async function sweep(api: ShopApi, tracker: OrderTracker, orderIds: readonly string[], patience: Patience): Promise<void> {
  await eachOf(chunks(orderIds), documentsAtOnce, async (ids) => {
    const variables = Object.fromEntries(places.map((place) => [`o${place}`, ids[place] ?? ids.at(-1)]));
    const found = await api.insist<SweepAnswer>(document, variables, patience);
    for (const order of Object.values(found)) if (order) tracker.tell(order.id, order.status);
  });
}

function* chunks(ids: readonly string[]): Generator<readonly string[], void, undefined> {
  for (let start = 0; start < ids.length; start += idsAtOnce) yield ids.slice(start, start + idsAtOnce);
}
