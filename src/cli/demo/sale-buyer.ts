import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "graphql-ws";
import type { Patience, ShopApi } from "../replay/shop-api.js";
import type { SaleBoard } from "./sale-board.js";
import type { Stage } from "./sale-stage.js";

/** How somebody behaves in a sale. */
export interface Manner {
  /** After the doors open. */
  readonly arrivesAfterMs: number;
  readonly clicksTwice: boolean;
  /** Between being let in and the next click. */
  readonly thinksMs: number;
  /** What becomes of the pass. */
  readonly does: "orders" | "reserves, then orders" | "reserves and leaves" | "leaves";
}

/** Somebody at random: most want it at once, some cannot make up their mind. @param chance 0 up to 1 */
export function somebody(chance: () => number): Manner {
  const mind = chance();
  return {
    // Most are there when the doors open.
    arrivesAfterMs: chance() ** 3 * 8_000,
    clicksTwice: chance() < 0.2,
    thinksMs: 100 + chance() * 900,
    does: mind < 0.6 ? "orders" : mind < 0.8 ? "reserves, then orders" : mind < 0.93 ? "reserves and leaves" : "leaves",
  };
}

interface Done { readonly replayed: boolean; readonly userErrors: readonly { readonly code: string }[] }
interface Ticket { readonly state: string }

const joinSaleQueue = "mutation DemoJoin($input: JoinSaleQueueInput!) { done: joinSaleQueue(input: $input) { replayed userErrors { code } ticket { state } } }";
const queueUpdates = "subscription DemoQueue($saleId: ID!, $customerId: ID!) { saleQueueUpdates(saleId: $saleId, customerId: $customerId) { state position expectedWaitSeconds } }";
const reserveStock = "mutation DemoReserve($input: ReserveStockInput!) { done: reserveStock(input: $input) { replayed reservationId userErrors { code } } }";
const placeOrder = "mutation DemoOrder($input: PlaceOrderInput!) { done: placeOrder(input: $input) { replayed orderId userErrors { code } } }";

/** What a buyer works with. */
export interface Shop {
  readonly api: ShopApi;
  /** The live socket; shared by some buyers, as each operation has its own answers. */
  readonly live: Client;
  readonly stage: Stage;
  readonly board: SaleBoard;
  readonly patience: () => Patience;
}

/** Goes through the sale as one buyer, to its end for him. */
export async function goShopping(shop: Shop, customerId: string, manner: Manner): Promise<void> {
  const { stage: { saleId, sku }, board } = shop;
  await delay(manner.arrivesAfterMs);
  board.arrived += 1;
  const joined = await click<Done & { ticket: Ticket | null }>(shop, manner, joinSaleQueue, { saleId, customerId, idempotencyKey: `join:${saleId}:${customerId}` });
  const refused = joined.userErrors[0]?.code;
  if (refused !== undefined) { turnedAway(board, refused); return; }
  const state = joined.ticket?.state === "ADMITTED" ? "ADMITTED" : await untilCalled(shop, customerId);
  if (state !== "ADMITTED") { turnedAway(board, state); return; }
  board.admitted += 1;
  await delay(manner.thinksMs);
  if (manner.does === "leaves") { board.gaveUp += 1; return; }
  const line = { sku, quantity: 1, saleId };
  if (manner.does === "orders") {
    order(board, await click(shop, manner, placeOrder, { customerId, idempotencyKey: `order:${saleId}:${customerId}`, lines: [line] }));
    return;
  }
  const held = await click<Done & { reservationId: string | null }>(shop, manner, reserveStock, { customerId, idempotencyKey: `reserve:${saleId}:${customerId}`, lines: [line] });
  const taken = held.userErrors[0]?.code;
  if (taken !== undefined) { turnedAway(board, taken); return; }
  board.reserved += 1;
  if (manner.does === "reserves and leaves") { board.gaveUp += 1; return; }
  await delay(manner.thinksMs * 2);
  order(board, await click(shop, manner, placeOrder, { customerId, idempotencyKey: `order:${saleId}:${customerId}`, reservationId: held.reservationId }));
}

/** Sends a wish; an impatient buyer sends it twice, with the same key, and has it once. */
async function click<Answer extends Done>({ api, board, patience }: Shop, { clicksTwice }: Manner, document: string, input: object): Promise<Answer> {
  const send = async (): Promise<Answer> => (await api.insist<{ done: Answer }>(document, { input }, patience())).done;
  if (!clicksTwice) return send();
  const [first, second] = await Promise.all([send(), send()]);
  board.repeatedClicks += 1;
  if (first.replayed === second.replayed && first.userErrors.length === 0) board.other("DONE_TWICE");
  return first;
}

/** Follows the ticket until it is called, or there is nothing to wait for any more. */
async function untilCalled({ live, stage: { saleId } }: Shop, customerId: string): Promise<string> {
  for await (const { data, errors } of live.iterate<{ saleQueueUpdates: Ticket }>({ query: queueUpdates, variables: { saleId, customerId } })) {
    if (errors) throw new Error(errors.map(({ message }) => message).join("; "));
    const state = data?.saleQueueUpdates.state;
    if (state !== undefined && state !== "WAITING" && state !== "WAITING_FOR_RETURNS") return state;
  }
  return "ENDED";
}

function order(board: SaleBoard, { userErrors: [refusal] }: Done): void {
  if (refusal) turnedAway(board, refusal.code);
  else board.ordered += 1;
}

const nothingLeft = new Set(["SOLD_OUT", "SALE_ENDED", "ENDED", "OUT_OF_STOCK"]);

function turnedAway(board: SaleBoard, code: string): void {
  if (nothingLeft.has(code)) board.soldOut += 1;
  else board.other(code);
}
