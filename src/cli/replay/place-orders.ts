import type { AckJournal } from "./ack-journal.js";
import type { Basket } from "./basket.js";
import { eachOf } from "./each-of.js";
import type { ReplayIdentity } from "./identity.js";
import type { OrderTracker } from "./order-tracker.js";
import { Pace } from "./pace.js";
import { RequestRefused, Unanswered, type ShopApi } from "./shop-api.js";
import type { Tally } from "./tally.js";

export interface Placing {
  readonly api: ShopApi;
  readonly identity: ReplayIdentity;
  readonly baskets: AsyncIterable<Basket>;
  /** Orders a second; null for as fast as it goes. */
  readonly rate: number | null;
  readonly concurrency: number;
  /** An order is asked for so long until it counts as unanswered. */
  readonly giveUpMs: number;
  readonly tally: Tally;
  readonly tracker: OrderTracker;
  readonly journal: AckJournal | null;
  /** Order ids that an earlier run was promised, by line. */
  readonly promised: ReadonlyMap<number, string>;
  /** Nothing new is begun; what is under way may still repeat until `hurry`. */
  readonly stop: AbortSignal;
  readonly hurry: AbortSignal;
}

interface PlaceOrderPayload {
  readonly orderId: string | null;
  readonly replayed: boolean;
  readonly userErrors: readonly { readonly code: string; readonly message: string }[];
}

const placeOrder = `mutation ReplayOrder($input: PlaceOrderInput!) {
  placeOrder(input: $input) { orderId replayed userErrors { code message } }
}`;

/** What the caller must mend before any order can be placed. */
const hopeless = new Set(["UNAUTHENTICATED", "FORBIDDEN", "IDEMPOTENCY_KEY_REUSED", "GRAPHQL_VALIDATION_FAILED"]);

/** Places every basket once, whatever happens on the way. @throws RequestRefused where nothing can be placed at all */
export async function placeOrders(placing: Placing): Promise<void> {
  const { tally, stop } = placing;
  const pace = new Pace(placing.rate);
  const startedMs = performance.now();
  let endedMs = startedMs;
  await eachOf(until(placing.baskets, stop), placing.concurrency, async (basket) => {
    const dueMs = await pace.next(stop);
    if (stop.aborted) return;
    await placeOne(placing, basket, dueMs);
    endedMs = performance.now();
  });
  tally.placingMs = endedMs - startedMs;
}

async function* until(baskets: AsyncIterable<Basket>, stop: AbortSignal): AsyncGenerator<Basket, void, undefined> {
  for await (const basket of baskets) {
    if (stop.aborted) return;
    yield basket;
  }
}

async function placeOne(placing: Placing, { line, items }: Basket, dueMs: number): Promise<void> {
  const { api, identity, tally, hurry } = placing;
  const input = { idempotencyKey: identity.key("line", line), customerId: identity.customerOf(line), lines: items };
  try {
    const { placeOrder: answer } = await api.insist<{ placeOrder: PlaceOrderPayload }>(
      placeOrder, { input }, { giveUpAtMs: performance.now() + placing.giveUpMs, signal: hurry },
    );
    const [refusal] = answer.userErrors;
    if (refusal) tally.refuse(refusal.code, line);
    else if (answer.orderId !== null) await acknowledge(placing, line, { orderId: answer.orderId, replayed: answer.replayed }, performance.now() - dueMs);
    else tally.refuse("ANSWER_WITHOUT_ORDER", line);
  } catch (error) {
    if (error instanceof Unanswered) tally.leaveUnanswered(error.code, line);
    else if (error instanceof RequestRefused && !hopeless.has(error.code)) tally.refuse(error.code, line);
    else throw error;
  }
}

/** Counts only what is on the journal's disk. */
async function acknowledge(
  { tally, tracker, journal, promised }: Placing, line: number, { orderId, replayed }: { readonly orderId: string; readonly replayed: boolean }, latencyMs: number,
): Promise<void> {
  const earlier = promised.get(line);
  if (earlier === undefined) await journal?.keep({ line, orderId });
  else if (earlier !== orderId) tally.contradicted.push(line);
  tally.acknowledged.set(line, orderId);
  tracker.expect(orderId);
  if (replayed) tally.replayed += 1;
  else tally.latenciesMs.push(latencyMs);
}
