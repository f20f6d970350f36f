import { hotSku } from "../surroundings.js";

/** Whom the load speaks to: Millrace, or the server by hand. */
export interface Target {
  readonly kind: "millrace" | "by-hand";
  /** E.g. `http://127.0.0.1:4000/graphql`. */
  readonly url: string;
  /** The product that everybody wants. */
  readonly hotSku: string;
}

/** One wish of one buyer; a repeated click is the same wish once more. */
export interface Wish {
  /** Tells the orders of this load from those of others. */
  readonly load: number;
  readonly number: number;
  readonly isHot: boolean;
}

const coldProducts = 200;
const placeOrder = `mutation Place($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id status total { amount currency } placedAt } orderId userErrors { code field message } position replayed }
}`;

/** THE place where an order is put into words: a sale's line gets its `saleId` here. */
function bodyOf({ kind, hotSku: hot }: Target, wish: Wish, buyer: number): string {
  const idempotencyKey = `sale-${String(wish.load)}-${String(wish.number)}`;
  const lines = [{ sku: wish.isHot ? hot : `COLD-${String(wish.number % coldProducts)}`, quantity: 1 }];
  return JSON.stringify(kind === "millrace"
    ? { query: placeOrder, variables: { input: { lines, idempotencyKey } } }
    : { customerId: buyerId(buyer), lines, idempotencyKey });
}

export const defaultHotSku = hotSku;

export function buyerId(buyer: number): string {
  return `buyer-${String(buyer)}`;
}

/** Kept with the order's events: what tells two orders of one wish on the primary, whatever ids they have. */
export function traceparentOf({ load, number }: Wish): string {
  const trace = load.toString(16).padStart(16, "0") + (number + 1).toString(16).padStart(16, "0");
  return `00-${trace}-00000000000000aa-01`;
}

/** Writes requests of HTTP/1.1 for a target; buyers take turns. */
export class RequestWriter {
  readonly #target: Target;
  readonly #heads: readonly string[];

  /** @param tokens one for each buyer */
  constructor(target: Target, tokens: readonly string[]) {
    this.#target = target;
    const { pathname, host } = new URL(target.url);
    // Each buyer comes from an address of its own, as a load balancer would tell it.
    this.#heads = tokens.map((token, buyer) => `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n`
      + `authorization: Bearer ${token}\r\nx-forwarded-for: 10.${String(buyer >> 16)}.${String((buyer >> 8) & 255)}.${String(buyer & 255)}\r\n`);
  }

  write(wish: Wish): string {
    const buyer = wish.number % this.#heads.length;
    const body = bodyOf(this.#target, wish, buyer);
    return `${this.#heads[buyer] ?? ""}traceparent: ${traceparentOf(wish)}\r\ncontent-length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`;
  }
}
