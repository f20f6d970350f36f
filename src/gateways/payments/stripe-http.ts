import type { Stripe } from "stripe";
import type { GatewayError } from "../../platform/http-client/gateway-error.js";
import { HttpClient, type HttpAnswer, type OutgoingRequest } from "../../platform/http-client/http-client.js";
import { failedAnswer, parseJson, unreadable } from "../../platform/http-client/json-answer.js";

export interface StripeHttpOptions {
  /** Bound of a whole call in milliseconds; the package's own bound is on silence only. */
  readonly timeoutMs: number;
  /** Sockets open at once. */
  readonly socketsMax: number;
}

/**
 * Carries the package's requests over our own client: sockets and time are bounded, a request that never left is told from
 * one whose answer was lost, and nothing is repeated that may have arrived. What it throws the package hands on as the `detail`
 * of its connection error.
 */
export class StripeHttp implements Stripe.HttpClient {
  readonly #http: HttpClient;

  constructor({ timeoutMs, socketsMax }: StripeHttpOptions) {
    this.#http = new HttpClient({ timeoutMs, socketsMax });
  }

  getClientName(): string {
    return "millrace";
  }

  async makeRequest(
    ...[host, port, path, method, headers, body, protocol]: Parameters<Stripe.HttpClient["makeRequest"]>
  ): Promise<Stripe.HttpClientResponse> {
    const request: OutgoingRequest = {
      method: method === "GET" ? "GET" : "POST",
      url: `${protocol}://${host}:${port}${path}`,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])),
      body,
      // Every call that changes something carries a key.
      repeatable: true,
    };
    return toResponse(await this.#http.send(request), request);
  }

  close(): void {
    this.#http.close();
  }
}

/** @throws GatewayError where the answer is not one of Stripe's: neither an object nor its form of an error */
function toResponse(answer: HttpAnswer, request: OutgoingRequest): Stripe.HttpClientResponse {
  const json = parseJson(answer.text);
  if (answer.status !== 200 ? !holdsError(json) : !isObject(json)) throw strange(answer, request);
  return {
    getStatusCode: () => answer.status,
    getHeaders: () => headersOf(answer),
    // The package hangs its headers on this.
    getRawResponse: () => ({ statusCode: answer.status }),
    toStream: () => { throw new Error("nothing is streamed from Stripe"); },
    toJSON: () => Promise.resolve(json),
  };
}

function strange(answer: HttpAnswer, request: OutgoingRequest): GatewayError {
  return answer.status === 200 ? unreadable(answer, request, "no object") : failedAnswer(answer, request);
}

/** Without Stripe's notices to developers: the package would write each to standard error. */
function headersOf({ headers }: HttpAnswer): Record<string, string> {
  const plain = Object.entries(headers).filter(([name, value]) => name !== "stripe-notice" && typeof value === "string");
  return Object.fromEntries(plain) as Record<string, string>;
}

function holdsError(json: unknown): boolean {
  return isObject(json) && isObject((json as { readonly error?: unknown }).error);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
