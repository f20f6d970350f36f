import { z } from "zod";
import { GatewayError } from "../../platform/http-client/gateway-error.js";
import { HttpClient, type HttpAnswer, type OutgoingRequest } from "../../platform/http-client/http-client.js";
import { failedAnswer, parseJson, readAnswer } from "../../platform/http-client/json-answer.js";
import type { LabelFile } from "./courier-port.js";
import { toLabelFile } from "./label-file.js";

export interface EasyPostCall<Schema extends z.ZodType> {
  readonly method: "GET" | "POST";
  /** From `/v2` on, its parts encoded. */
  readonly path: string;
  readonly body?: object;
  readonly answer: Schema;
  /** It buys or voids a label: a lost answer is in doubt. Whatever else is called binds nobody, so its own failure never is. */
  readonly binding?: boolean;
  /** Sending it twice does no harm. */
  readonly repeatable: boolean;
}

export interface EasyPostHttpOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
  readonly socketsMax: number;
}

/** Codes by which EasyPost says that it does not know itself whether the carrier did it, whatever status they come with. */
const openCodes: ReadonlySet<string> = new Set([
  "SHIPMENT.PURCHASE.IN_PROGRESS", "SHIPMENT.POSTAGE.TIMED_OUT", "SHIPMENT.POSTAGE.NO_RESPONSE", "REFUND.NO_RESPONSE",
]);

/** What is no code by its looks may repeat what was sent, and does not come into a message. */
const errorAnswer = z.object({ error: z.object({ code: z.string().regex(/^[A-Z0-9_.]{1,100}$/i) }) });

/** A page of shipments whose rates are many has more than the client's usual bound. */
const answerBytesMax = 4 * 1_048_576;

/** Calls of EasyPost's API: the key goes along, and every failure is a `GatewayError`. */
export class EasyPostHttp {
  readonly #baseUrl: string;
  readonly #authorization: string;
  readonly #http: HttpClient;

  constructor({ baseUrl, apiKey, timeoutMs, socketsMax }: EasyPostHttpOptions) {
    this.#baseUrl = baseUrl;
    this.#authorization = `Basic ${Buffer.from(`${apiKey}:`).toString("base64")}`;
    this.#http = new HttpClient({ timeoutMs, socketsMax, answerBytesMax });
  }

  async send<Schema extends z.ZodType>({ method, path, body, answer: schema, binding = false, repeatable }: EasyPostCall<Schema>): Promise<z.infer<Schema>> {
    const request: OutgoingRequest = {
      method, url: `${this.#baseUrl}${path}`, repeatable, headers: { authorization: this.#authorization },
      ...(body && { headers: { authorization: this.#authorization, "content-type": "application/json" }, body: JSON.stringify(body) }),
    };
    try {
      const answer = await this.#http.send(request);
      if (answer.status !== 200 && answer.status !== 201) throw failure(answer, request);
      return readAnswer(schema, answer, request);
    } catch (error) {
      throw error instanceof GatewayError && !binding && error.inDoubt ? withDoubt(error, false) : error;
    }
  }

  /** A file that EasyPost's answers name. It lies elsewhere, and the key is not for there. */
  async download(url: string): Promise<LabelFile> {
    const request: OutgoingRequest = { method: "GET", url, headers: { accept: "*/*" }, repeatable: true, answerEncoding: "latin1" };
    const answer = await this.#http.send(request);
    if (answer.status !== 200) throw failedAnswer(answer, request);
    return toLabelFile(answer, request);
  }

  close(): void {
    this.#http.close();
  }
}

function failure(answer: HttpAnswer, request: OutgoingRequest): GatewayError {
  const parsed = errorAnswer.safeParse(parseJson(answer.text));
  const code = parsed.success ? parsed.data.error.code : undefined;
  const error = failedAnswer(answer, request, code);
  // 408: EasyPost's own patience ended while the carrier was still at work.
  if (answer.status !== 408 && !(code && openCodes.has(code))) return error;
  const { message, status, retryAfterSeconds } = error;
  return new GatewayError("unavailable", message, { inDoubt: request.method !== "GET", status, code, retryAfterSeconds });
}

function withDoubt({ kind, message, status, code, retryAfterSeconds, cause }: GatewayError, inDoubt: boolean): GatewayError {
  return new GatewayError(kind, message, { inDoubt, status, code, retryAfterSeconds, cause });
}

/** What is asked where an earlier call may have bought or voided: as long as there is no answer, that stays in doubt. */
export async function leavingDoubt<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    throw error instanceof GatewayError && (error.kind === "timeout" || error.kind === "unavailable") ? withDoubt(error, true) : error;
  }
}
