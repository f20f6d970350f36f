import { setTimeout as delay } from "node:timers/promises";
import { GatewayError } from "../../platform/http-client/gateway-error.js";
import { HttpClient, type HttpAnswer } from "../../platform/http-client/http-client.js";
import { parseJson } from "../../platform/http-client/json-answer.js";

export interface ShopApiOptions {
  /** E.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly token: string;
  /** Requests at once. */
  readonly concurrency: number;
  /** Told the code of every reply after which the same is asked again. */
  readonly onRepeat: (code: string) => void;
}

/** What came of one request. */
type Reply<Data> =
  | { readonly kind: "data"; readonly data: Data }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly repeatable: boolean; readonly retryAfterMs: number };

/** How long to insist on an answer. */
export interface Patience {
  /** Of `performance.now()`. */
  readonly giveUpAtMs: number;
  /** Ends the repeating: what was sent already is still waited for. */
  readonly signal?: AbortSignal;
}

/** The API said no to the request as such; repeating it changes nothing. */
export class RequestRefused extends Error {
  override readonly name = "RequestRefused";
  constructor(readonly code: string, message: string) { super(message); }
}

/** Nobody answered in time. Whether it was done is unknown; the same key finds out. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
  constructor(readonly code: string, message: string) { super(message); }
}

const timeoutMs = 30_000;
const firstWaitMs = 50;
const waitMaxMs = 2_000;
/** The API's own "I cannot now, repeat it", and a masked bug, which a repetition may get around. */
const repeatableCodes = new Set(["OVERLOADED", "UNAVAILABLE", "IN_DOUBT", "READ_UNAVAILABLE", "INTERNAL_SERVER_ERROR"]);
const bugRepeatsMax = 5;

/** What a mutation answers whose field is called `done`. */
export interface Done { readonly userErrors: readonly { readonly code: string; readonly message: string }[] }

/** A running Millrace, as any client sees it: GraphQL over kept-alive HTTP. */
export class ShopApi {
  readonly #http: HttpClient;
  readonly #options: ShopApiOptions;

  constructor(options: ShopApiOptions) {
    this.#options = options;
    this.#http = new HttpClient({ timeoutMs, socketsMax: options.concurrency, answerBytesMax: 64 * 1_048_576 });
  }

  get url(): string { return this.#options.url; }
  get token(): string { return this.#options.token; }

  /**
   * Asks until there is an answer, each time the same: safe for queries, and for mutations with a key.
   * @throws RequestRefused, Unanswered
   */
  async insist<Data>(document: string, variables: object, patience: Patience): Promise<Data> {
    const body = JSON.stringify({ query: document, variables });
    let bugs = 0;
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMaxMs, waitMs * 2)) {
      const reply = await this.#ask<Data>(body);
      if (reply.kind === "data") return reply.data;
      const { code, message, repeatable, retryAfterMs } = reply;
      bugs += code === "INTERNAL_SERVER_ERROR" ? 1 : 0;
      if (!repeatable || bugs > bugRepeatsMax) throw new RequestRefused(code, message);
      // Spread out, so that those who were turned away together do not come back together.
      const pauseMs = Math.max(waitMs, retryAfterMs) * (0.75 + Math.random() / 2);
      if (performance.now() + pauseMs > patience.giveUpAtMs || patience.signal?.aborted) throw new Unanswered(code, message);
      this.#options.onRepeat(code);
      await delay(pauseMs, undefined, patience.signal ? { signal: patience.signal } : {}).catch(() => undefined);
    }
  }

  /**
   * Sends a mutation that has to be accepted, its field called `done`.
   * @param failure what it means that it was not, e.g. `The shop cannot be set up`
   * @throws RequestRefused, Unanswered
   */
  async must<Answer extends Done>(document: string, input: object, patience: Patience, failure: string): Promise<Answer> {
    const { done } = await this.insist<{ done: Answer }>(document, { input }, patience);
    const [refusal] = done.userErrors;
    if (refusal) throw new RequestRefused(refusal.code, `${failure}: ${refusal.message}`);
    return done;
  }

  close(): void {
    this.#http.close();
  }

  async #ask<Data>(body: string): Promise<Reply<Data>> {
    try {
      return readReply<Data>(await this.#http.send({
        method: "POST", url: `${this.#options.url}/graphql`, body, repeatable: true,
        headers: { "content-type": "application/json", authorization: `Bearer ${this.#options.token}` },
      }));
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return { kind: "failed", code: networkCode(error), message: error.message, repeatable: true, retryAfterMs: 0 };
    }
  }
}

interface GraphQLBody {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message?: string; readonly extensions?: { readonly code?: string; readonly requestId?: string } }[];
}

function readReply<Data>(answer: HttpAnswer): Reply<Data> {
  // The document says what comes; this is the one place that takes its word for it.
  const body = parseJson(answer.text) as GraphQLBody | null | undefined;
  const { data = null, errors: [error] = [] } = body ?? {};
  if (error) return { kind: "failed", ...failureOf(error), retryAfterMs: retryAfterMsOf(answer) };
  if (data !== null) return { kind: "data", data: data as Data };
  const { status } = answer;
  return { kind: "failed", code: `HTTP_${status}`, message: `answered ${status} without a reason`, repeatable: status >= 500, retryAfterMs: retryAfterMsOf(answer) };
}

function failureOf({ message = "no reason given", extensions: { code = "UNKNOWN", requestId } = {} }: NonNullable<GraphQLBody["errors"]>[number]): { code: string; message: string; repeatable: boolean } {
  return { code, message: requestId === undefined ? message : `${message} (request ${requestId})`, repeatable: repeatableCodes.has(code) };
}

function retryAfterMsOf({ headers }: HttpAnswer): number {
  return Math.min(60, Number(headers["retry-after"] ?? 0) || 0) * 1_000;
}

function networkCode({ kind, cause }: GatewayError): string {
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : null;
  return code ?? (kind === "timeout" ? "TIMEOUT" : "NO_CONNECTION");
}
