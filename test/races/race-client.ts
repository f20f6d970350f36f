import { Agent, request } from "node:http";
import { newId } from "../../src/kernel/ids.js";
import { mintToken } from "../../src/cli/token.js";
import { secret } from "../http/sample-api.js";
import { eventually } from "../split/eventually.js";
import type { MillraceProcess } from "../support/processes.js";

/** What a mutation answered; each document names it `outcome`. */
export interface Outcome {
  readonly replayed: boolean;
  readonly userErrors: readonly { readonly code: string }[];
  readonly [field: string]: unknown;
}

/** What a caller heard in the end. */
export interface Heard {
  readonly caller: string;
  readonly key: string;
  /** `DONE`, the code of a refusal, or that of an error. */
  readonly word: string;
  /** Null where the request failed as a whole. */
  readonly outcome: Outcome | null;
  /** What asked for a repetition before: codes, or `connection lost`. */
  readonly before: readonly string[];
}

export interface GraphQLReply {
  readonly data?: { readonly outcome?: Outcome | null } & Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[];
}

const payload = (input: string, verb: string, fields: string): string =>
  `mutation ($input: ${input}!) { outcome: ${verb}(input: $input) { ${fields} replayed userErrors { code } } }`;

const mutations = {
  upsertProducts: payload("UpsertProductsInput", "upsertProducts", "skus"),
  receiveStock: payload("ReceiveStockInput", "receiveStock", "receiptId"),
  receiveUnits: payload("ReceiveUnitsInput", "receiveUnits", "receiptId"),
  upsertCustomer: payload("UpsertCustomerInput", "upsertCustomer", "customerId"),
  scheduleSale: payload("ScheduleSaleInput", "scheduleSale", "saleId"),
  endSale: payload("EndSaleInput", "endSale", "saleId"),
  reserveStock: payload("ReserveStockInput", "reserveStock", "reservationId expiresAt"),
  reserveUnits: payload("ReserveUnitsInput", "reserveUnits", "reservationId expiresAt lines { sku unitIds }"),
  releaseReservation: payload("ReleaseReservationInput", "releaseReservation", "reservationId"),
  joinSaleQueue: payload("JoinSaleQueueInput", "joinSaleQueue", "ticket { number state }"),
  placeOrder: payload("PlaceOrderInput", "placeOrder", "orderId order { placedAt }"),
} as const;

export type Verb = keyof typeof mutations;

/** By these the API asks for a repetition with the same key. */
const repeatable = new Set(["OVERLOADED", "IN_DOUBT", "UNAVAILABLE"]);
const answeredWithinMs = 45_000;
const attemptWithinMs = 30_000;
/** Longer than any test, and than any clock here is wrong by. */
const tokenSeconds = 86_400;

/** Callers with tokens of their own, on connections that stay open, who do not let go before there is an answer. */
export class RaceClient {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #tokens = new Map<string, Promise<string>>();
  readonly #inFlight = new Map<MillraceProcess, number>();

  /** @param apis goes on with those that are alive, as a load balancer would */
  constructor(readonly apis: readonly MillraceProcess[]) {}

  /**
   * One wish under one key, repeated for as long as the API asks for it or the connection breaks.
   * @param nth which API is asked first; after a lost connection the next one is
   */
  async insist(nth: number, caller: string, verb: Verb, input: object, key: string = newId()): Promise<Heard> {
    const before: string[] = [];
    let lost = 0;
    return eventually(`${caller} hears what became of ${verb}`, answeredWithinMs, async () => {
      const alive = this.apis.filter((api) => api.isAlive());
      const api = this.apis[nth % this.apis.length]!;
      const asked = lost === 0 && api.isAlive() ? api : alive[(nth + lost) % alive.length]!;
      const reply = await this.ask(asked, caller, mutations[verb], { input: { ...input, idempotencyKey: key } }).catch(() => null);
      if (reply === null) lost += 1;
      const word = reply === null ? "connection lost" : wordOf(reply);
      if (reply !== null && !repeatable.has(word)) return { caller, key, word, outcome: reply.data?.outcome ?? null, before };
      before.push(word);
      return false;
    });
  }

  /** For what has to be done before a race begins. @throws where it was refused */
  async must(caller: string, verb: Verb, input: object, nth = 0): Promise<Outcome> {
    const { word, outcome } = await this.insist(nth, caller, verb, input);
    if (word !== "DONE" || outcome === null) throw new Error(`${verb} by ${caller}: ${word}`);
    return outcome;
  }

  /** One attempt. @throws where the connection fails */
  async ask(api: MillraceProcess, caller: string, query: string, variables: object = {}): Promise<GraphQLReply> {
    const token = await this.#tokenOf(caller);
    this.#inFlight.set(api, this.inFlight(api) + 1);
    try {
      return await this.#post(api, token, JSON.stringify({ query, variables }));
    } finally {
      this.#inFlight.set(api, this.inFlight(api) - 1);
    }
  }

  /** Requests that this API has not answered yet. */
  inFlight(api: MillraceProcess): number {
    return this.#inFlight.get(api) ?? 0;
  }

  #post(api: MillraceProcess, token: string, body: string): Promise<GraphQLReply> {
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), authorization: `Bearer ${token}` };
      const signal = AbortSignal.timeout(attemptWithinMs);
      const sent = request(`${api.url}/graphql`, { method: "POST", agent: this.#agent, headers, signal }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => { text += part; }).on("error", reject);
        response.on("end", () => { resolve(replyOf(text)); });
      });
      sent.on("error", reject).end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #tokenOf(caller: string): Promise<string> {
    let token = this.#tokens.get(caller);
    if (!token) this.#tokens.set(caller, token = mintToken({ secret, role: caller === "operator" ? "operator" : "customer", subject: caller, ttlSeconds: tokenSeconds }));
    return token;
  }
}

/** What is no GraphQL is an answer too, and one that no test expects. */
function replyOf(text: string): GraphQLReply {
  try {
    return JSON.parse(text) as GraphQLReply;
  } catch {
    return { errors: [{ message: text, extensions: { code: `no JSON: ${text.slice(0, 200)}` } }] };
  }
}

/** In one word, so that an answer which is two things at once does not pass for one. */
function wordOf({ data, errors = [] }: GraphQLReply): string {
  const codes = [...errors.map(({ extensions }) => String(extensions["code"])), ...(data?.outcome?.userErrors ?? []).map(({ code }) => code)];
  return codes.join(" and ") || (data?.outcome ? "DONE" : "nothing");
}

/** How many heard what. */
export function tally(heard: readonly Heard[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { word } of heard) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
