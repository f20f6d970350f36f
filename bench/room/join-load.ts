/** Guests that join at once, each waiting for its answer; connections are kept. */
const callers = 100;

const mutation = "mutation ($input: JoinSaleQueueInput!) { joinSaleQueue(input: $input) { ticket { number } userErrors { code } } }";

/** The secret that makes up a guest. */
export function secretOf(guest: number): string {
  return `a-guest-of-the-waiting-room-bench-${String(guest)}`;
}

export interface JoinLoad {
  readonly url: string;
  readonly saleId: string;
  /** Answers in all. */
  readonly requests: number;
  /** Which guest sends the n-th request. */
  readonly guestOf: (request: number) => number;
}

/** Sends joins over HTTP, closed loop. @returns joins a second. @throws where one is not answered with a ticket */
export async function joinOverHttp({ url, saleId, requests, guestOf }: JoinLoad): Promise<number> {
  const startedMs = performance.now();
  let next = 0;
  await Promise.all(Array.from({ length: callers }, async () => {
    for (let request = next; request < requests; request = next) {
      next += 1;
      const guest = guestOf(request);
      const input = { saleId: `sale_${saleId}`, guestSecret: secretOf(guest), idempotencyKey: `${saleId}-${String(request)}` };
      const response = await fetch(url, {
        method: "POST", body: JSON.stringify({ query: mutation, variables: { input } }),
        // A guest's own address, as a load balancer would tell it.
        headers: { "content-type": "application/json", "x-forwarded-for": `10.${String(guest >> 16)}.${String((guest >> 8) & 255)}.${String(guest & 255)}` },
      });
      const text = await response.text();
      if (!text.includes('"number":')) throw new Error(`no ticket: ${text.slice(0, 500)}`);
    }
  }));
  return (requests * 1_000) / (performance.now() - startedMs);
}
