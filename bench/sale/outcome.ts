import type { Answer } from "./connection.js";

/** What became of a click. Numbers, since hundreds of thousands of them go from process to process in an array of bytes. */
export const outcomes = {
  /** Sent and not answered by the end of the load. */
  unanswered: 0,
  ordered: 1,
  /** The answer of an earlier click on the same wish, once more. */
  replayed: 2,
  soldOut: 3,
  /** 503 OVERLOADED with Retry-After. */
  shed: 4,
  /** 503 OVERLOADED without it. */
  shedWithoutWait: 5,
  /** 429: a limit of the address, the customer or the key. */
  limited: 6,
  /** The buyer's patience was over. */
  gaveUp: 7,
  other: 8,
} as const;

export type Outcome = (typeof outcomes)[keyof typeof outcomes];

export function isAccepted(outcome: number | undefined): boolean {
  return outcome === outcomes.ordered || outcome === outcomes.replayed;
}

export interface ReadAnswer {
  readonly outcome: Outcome;
  /** Where it was accepted. */
  readonly orderId: string | null;
  /** Null where the answer does not say. */
  readonly retryAfterSeconds: number | null;
}

/** Both servers say the same words: `orderId`, `replayed`, `OUT_OF_STOCK`. */
export function readAnswer({ status, head, body }: Answer): ReadAnswer {
  if (status === 200) {
    const orderId = /"orderId":"([^"]+)"/.exec(body)?.[1];
    if (orderId !== undefined) return { outcome: body.includes('"replayed":true') ? outcomes.replayed : outcomes.ordered, orderId, retryAfterSeconds: null };
    return { outcome: body.includes('"OUT_OF_STOCK"') ? outcomes.soldOut : outcomes.other, orderId: null, retryAfterSeconds: null };
  }
  const wait = /\r\nretry-after: *(\d+)/i.exec(head)?.[1];
  const retryAfterSeconds = wait === undefined ? null : Number(wait);
  return { outcome: failureOf(status, body, retryAfterSeconds !== null), orderId: null, retryAfterSeconds };
}

function failureOf(status: number, body: string, hasWait: boolean): Outcome {
  if (status === 429) return outcomes.limited;
  if (status !== 503 || !body.includes('"OVERLOADED"')) return outcomes.other;
  return hasWait ? outcomes.shed : outcomes.shedWithoutWait;
}
