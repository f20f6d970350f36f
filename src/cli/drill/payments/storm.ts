import { setTimeout as delay } from "node:timers/promises";
import { eachOf } from "../../replay/each-of.js";
import type { Done, Patience, ShopApi } from "../../replay/shop-api.js";
import { shopMutations } from "../../replay/shop-mutations.js";
import { seededRandom } from "../random.js";

export interface StormOptions {
  readonly api: ShopApi;
  readonly orders: number;
  readonly seed: number;
  /** Orders a second: they are spread over everything that goes wrong. */
  readonly rate: number;
  /** No order moves for so long: nothing more is to be expected. */
  readonly stillMs: number;
  readonly stop: AbortSignal;
  readonly onAcknowledged: (count: number) => void;
}

/** What the buyers did and how their orders stand. */
export interface StormResult {
  readonly acknowledged: ReadonlySet<string>;
  /** Keys that were answered with two orders. */
  readonly doubled: readonly string[];
  readonly retried: number;
  readonly cancelled: number;
  readonly refundsAsked: number;
  readonly refundsRefused: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Orders that are neither paid nor called off. */
  readonly open: readonly string[];
}

interface OrderNow { readonly id: string; readonly status: string; readonly paymentStatus: string; readonly total: { readonly amount: string; readonly currency: string } }

const sku = "DRILL-LAMP";
const customers = 100;
const atOnce = 32;
const lookMs = 1_000;
const pageSize = 100;
/** Clicks once more with the same key, changes their mind, give up after a refusal, ask for some money back: shares of all orders. */
const shares = { repeat: 0.2, cancel: 0.06, abandon: 0.5, refund: 0.04 };

const payload = "userErrors { code message }";
const documents = {
  place: `mutation DrillPlace($input: PlaceOrderInput!) { done: placeOrder(input: $input) { orderId ${payload} } }`,
  cancel: `mutation DrillCancel($input: CancelOrderInput!) { done: cancelOrder(input: $input) { ${payload} } }`,
  retry: `mutation DrillRetry($input: RetryPaymentInput!) { done: retryPayment(input: $input) { ${payload} } }`,
  refund: `mutation DrillRefund($input: RefundPaymentInput!) { done: refundPayment(input: $input) { ${payload} } }`,
  look: `query DrillLook($customerId: ID!, $after: String) {
    orders(first: ${pageSize}, after: $after, filter: { customerId: $customerId }) {
      nodes { id status paymentStatus total { amount currency } } pageInfo { hasNextPage endCursor }
    }
  }`,
};

/** Buyers who order, click twice, are declined, try again, change their mind, and want some of it back. */
export class Storm {
  readonly #acknowledged = new Set<string>();
  readonly #doubled: string[] = [];
  readonly #chance: () => number;
  readonly #retriedOrGivenUp = new Set<string>();
  readonly #refundAsked = new Set<string>();
  #retried = 0;
  #cancelled = 0;
  #refundsAsked = 0;
  #refundsRefused = 0;

  constructor(private readonly options: StormOptions) {
    this.#chance = seededRandom(options.seed);
  }

  async run(): Promise<StormResult> {
    await this.#setUp();
    const watching = new AbortController();
    const watcher = this.#watch(watching.signal);
    await this.#placeAll();
    const orders = await this.#untilSettled();
    watching.abort();
    await watcher;
    const statuses: Record<string, number> = {};
    for (const { status } of orders) statuses[status] = (statuses[status] ?? 0) + 1;
    return {
      acknowledged: this.#acknowledged, doubled: this.#doubled, retried: this.#retried, cancelled: this.#cancelled,
      refundsAsked: this.#refundsAsked, refundsRefused: this.#refundsRefused, statuses, open: orders.filter(isOpen).map(({ id }) => id),
    };
  }

  #patience(): Patience {
    return { giveUpAtMs: performance.now() + this.options.stillMs, signal: this.options.stop };
  }

  #must<Answer extends Done>(document: string, input: object): Promise<Answer> {
    return this.options.api.must<Answer>(document, input, this.#patience(), "The drill cannot go on");
  }

  async #setUp(): Promise<void> {
    await this.#must(shopMutations.upsertProducts, { idempotencyKey: "drill:product", products: [{ sku, name: "Reading lamp", price: "24.90", weightGrams: 900, taxBasisPoints: 1_900 }] });
    await this.#must(shopMutations.receiveStock, { idempotencyKey: "drill:stock", lines: [{ sku, quantity: this.options.orders * 3 }] });
    await eachOf(Array.from({ length: customers }, (_, place) => place), atOnce, async (place) => {
      await this.#must(shopMutations.upsertCustomer, {
        idempotencyKey: `drill:customer:${place}`, customerId: customerOf(place), name: "A buyer", email: `drill-${place}@example.com`,
        address: { street: "1 Mill Lane", city: "Riverside", postalCode: "12345", country: "DE" },
      });
    });
  }

  async #placeAll(): Promise<void> {
    const beganMs = performance.now();
    await eachOf(Array.from({ length: this.options.orders }, (_, place) => place), atOnce, async (place) => {
      const dueMs = beganMs + (place / this.options.rate) * 1_000;
      await delay(Math.max(0, dueMs - performance.now()), undefined, { signal: this.options.stop });
      await this.#buy(place);
    });
  }

  async #buy(place: number): Promise<void> {
    const input = { idempotencyKey: `drill:order:${place}`, customerId: customerOf(place), lines: [{ sku, quantity: 1 + (place % 2) }] };
    const [repeats, cancels] = [this.#chance() < shares.repeat, this.#chance() < shares.cancel];
    const click = (): Promise<Done & { readonly orderId: string }> => this.#must(documents.place, input);
    const answers = await Promise.all(repeats ? [click(), click()] : [click()]);
    const ids = new Set(answers.map(({ orderId }) => orderId));
    if (ids.size > 1) this.#doubled.push(input.idempotencyKey);
    for (const id of ids) this.#acknowledged.add(id);
    this.options.onAcknowledged(this.#acknowledged.size);
    const [orderId] = ids;
    if (cancels && orderId !== undefined) await this.#cancel(orderId);
  }

  async #cancel(orderId: string): Promise<void> {
    await delay(this.#chance() * 3_000, undefined, { signal: this.options.stop });
    const said = await this.#try(documents.cancel, { idempotencyKey: `drill:cancel:${orderId}`, orderId, reason: "changed my mind" });
    if (said === null) this.#cancelled += 1;
  }

  /** @returns the code of a refusal; null where it was accepted */
  async #try(document: string, input: object): Promise<string | null> {
    const { done } = await this.options.api.insist<{ done: Done }>(document, { input }, this.#patience());
    return done.userErrors[0]?.code ?? null;
  }

  /** Looks at all orders again and again: who was declined tries another method or leaves, some want money back. */
  async #watch(ended: AbortSignal): Promise<void> {
    while (!ended.aborted && !this.options.stop.aborted) {
      for (const order of await this.#look()) await this.#react(order);
      await delay(lookMs, undefined, { signal: ended }).catch(() => undefined);
    }
  }

  async #react({ id, status, paymentStatus, total }: OrderNow): Promise<void> {
    if (status === "PLACED" && paymentStatus === "FAILED" && !this.#retriedOrGivenUp.has(id)) {
      this.#retriedOrGivenUp.add(id);
      if (this.#chance() < shares.abandon) return;
      const said = await this.#try(documents.retry, { idempotencyKey: `drill:retry:${id}`, orderId: id, payment: { token: "pm_card_visa" } });
      if (said === null) this.#retried += 1;
    }
    if (paymentStatus === "CAPTURED" && status !== "CANCELLED" && !this.#refundAsked.has(id)) {
      this.#refundAsked.add(id);
      if (this.#chance() >= shares.refund) return;
      // Two at once for more than half each: one of them has to be refused.
      const amount = { amount: (Number(total.amount) * 0.6).toFixed(2), currency: total.currency };
      const said = await Promise.all(["a", "b"].map((which) => this.#try(documents.refund, { idempotencyKey: `drill:refund:${which}:${id}`, orderId: id, amount, reason: "goodwill" })));
      this.#refundsAsked += said.length;
      this.#refundsRefused += said.filter((code) => code !== null).length;
    }
  }

  async #look(): Promise<readonly OrderNow[]> {
    const orders: OrderNow[] = [];
    await eachOf(Array.from({ length: customers }, (_, place) => customerOf(place)), 4, async (customerId) => {
      for (let after: string | null = null, more = true; more;) {
        const page: { orders: { nodes: readonly OrderNow[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } } =
          await this.options.api.insist(documents.look, { customerId, after }, this.#patience());
        orders.push(...page.orders.nodes);
        ({ hasNextPage: more, endCursor: after } = page.orders.pageInfo);
      }
    });
    return orders;
  }

  /** Until each order is paid or called off, or none has moved for a long time. */
  async #untilSettled(): Promise<readonly OrderNow[]> {
    let [before, movedMs] = ["", performance.now()];
    for (;;) {
      const orders = await this.#look();
      const open = orders.filter(isOpen);
      const now = open.map(({ id, paymentStatus }) => `${id}${paymentStatus}`).join();
      if (now !== before) [before, movedMs] = [now, performance.now()];
      const seen = new Set(orders.map(({ id }) => id));
      const isAllSeen = [...this.#acknowledged].every((id) => seen.has(id));
      if ((open.length === 0 && isAllSeen) || this.options.stop.aborted || performance.now() - movedMs > this.options.stillMs) return orders;
      await delay(lookMs, undefined, { signal: this.options.stop }).catch(() => undefined);
    }
  }
}

/** An order that is on hold is paid: it waits for a person, not for money. */
function isOpen({ status }: OrderNow): boolean {
  return status === "PLACED";
}

function customerOf(place: number): string {
  return `drill-buyer-${place % customers}`;
}

