import { pause, type FaultSwitch } from "../faults.js";
import type { SimulatorAnswer, SimulatorHandler, SimulatorOutcome, SimulatorRequest } from "../simulator-server.js";
import type { CallLimit } from "./call-limit.js";
import type { Done } from "./intent-actions.js";
import type { KeptAnswer } from "./kept-answers.js";
import { changePaths, pathOf, readPaths, type ChangePath, type ReadPath } from "./payment-actions.js";
import type { PaymentFaults } from "./payment-faults.js";
import type { PaymentLedger } from "./payment-ledger.js";
import type { KeyRecord, PaymentEvent } from "./payment-records.js";
import { answerOf, intentTeller, type Teller } from "./stripe-answers.js";
import { brokenDown, invalidRequest, keyInUse, otherParameters, StripeProblem, tooManyCalls, unknownPath, wrongKey } from "./stripe-errors.js";
import { StripeForm } from "./stripe-form.js";
import { intentObject } from "./stripe-objects.js";
import { faultMetadata, type TroubleMaker } from "./trouble-maker.js";
import type { Trouble, WebhookTrouble } from "./trouble.js";

export interface PaymentRoutesOptions {
  readonly apiKey: string;
  readonly ledger: PaymentLedger;
  readonly faults: FaultSwitch<PaymentFaults>;
  readonly troubles: TroubleMaker;
  readonly calls: CallLimit;
  /** Sends webhooks. Returns null, or what to wait for before the answer. */
  readonly tell: (events: readonly PaymentEvent[], trouble: WebhookTrouble) => Promise<void> | null;
  readonly fee: (amount: number) => number;
  readonly nowMs: () => number;
}

/** A POST whose key, if any, is ours alone until it is answered. */
interface Change {
  readonly path: ChangePath;
  readonly id: string;
  readonly form: StripeForm;
  readonly by: KeyRecord | null;
  readonly kept: KeptAnswer | undefined;
}

/** Stripe's limit of a key's length. */
const keyLengthMax = 255;

export function paymentRoutes(options: PaymentRoutesOptions): SimulatorHandler {
  const api = new StripeApi(options);
  let requests = 0;

  return async (request) => {
    const outcome = await api.answer(request);
    if (typeof outcome === "string") return outcome;
    const key = request.headers["idempotency-key"];
    requests += 1;
    return { ...outcome, headers: { ...outcome.headers, "request-id": `req_${requests}`, ...(typeof key === "string" && { "idempotency-key": key }) } };
  };
}

class StripeApi {
  readonly #options: PaymentRoutesOptions;
  readonly #bearer: string;
  readonly #inFlight = new Set<string>();

  constructor(options: PaymentRoutesOptions) {
    this.#options = options;
    this.#bearer = `Bearer ${options.apiKey}`;
  }

  async answer(request: SimulatorRequest): Promise<SimulatorOutcome> {
    const { method, path, headers } = request;
    const { calls, faults } = this.#options;
    if (headers.authorization !== this.#bearer) return wrongKey();
    const change = method === "POST" ? pathOf(changePaths, path) : null;
    const read = method === "GET" ? pathOf(readPaths, path) : null;
    const wait = calls.count((change ?? read)?.path.kind ?? null, faults.current.callsPerSecond, performance.now());
    if (wait > 0) return tooManyCalls(wait);
    try {
      if (change) return await this.#guarded(request, change.path, change.id);
      return read ? await this.#read(request, read.path, read.id) : unknownPath(method, path);
    } catch (error) {
      if (error instanceof StripeProblem) return error.answer;
      throw error;
    }
  }

  async #read({ query }: SimulatorRequest, path: ReadPath, id: string): Promise<SimulatorOutcome> {
    const { ledger, troubles, faults, nowMs } = this.#options;
    const form = new StripeForm(query);
    const failed = await this.#begin(troubles.ofRead(path.kind, () => this.#metadataOf(form, id)));
    return failed ?? path.read(ledger, form, id, Math.floor((nowMs() - faults.current.searchLagMs) / 1_000));
  }

  /** Two with the same key are never at work at once. */
  async #guarded({ path: name, headers, body }: SimulatorRequest, path: ChangePath, id: string): Promise<SimulatorOutcome> {
    const key = headers["idempotency-key"];
    const form = new StripeForm(body);
    if (key === undefined) return this.#change({ path, id, form, by: null, kept: undefined });
    if (typeof key !== "string" || key === "" || key.length > keyLengthMax) return invalidRequest(`Idempotency-Key must have 1 to ${keyLengthMax} characters.`);
    if (this.#inFlight.has(key)) return keyInUse(key);
    this.#inFlight.add(key);
    try {
      return await this.#change({ path, id, form, by: { key, hash: form.digest(name) }, kept: this.#options.ledger.answerOf(key) });
    } finally {
      this.#inFlight.delete(key);
    }
  }

  async #change(change: Change): Promise<SimulatorOutcome> {
    const { path: { kind }, id, form, by, kept } = change;
    const { ledger, troubles } = this.#options;
    const trouble = troubles.ofChange({
      kind, metadataOf: () => this.#metadataOf(form, id), own: form.get(`metadata[${faultMetadata}]`), key: by?.key ?? null, repeated: kept !== undefined,
    });
    const tell = kind === "refund" ? intentObject : intentTeller(ledger, form);
    const failed = await this.#begin(trouble);
    if (failed) return failed;
    if (by && kept && kept.hash !== by.hash) return otherParameters(by.key);
    const answer = kept ? replayed(kept, tell) : await this.#perform(change, trouble, tell);
    if (trouble.after === "timeout_after") return "silence";
    return trouble.after === "cut_after" ? "cut" : answer;
  }

  async #perform(change: Change, trouble: Trouble, tell: Teller): Promise<SimulatorAnswer> {
    const { ledger } = this.#options;
    const broken = brokenDown(500);
    if (trouble.before === "fail_kept") {
      if (change.by) ledger.keepRefusal(change.by, broken);
      return broken;
    }
    const { made, events } = this.#act(change, trouble);
    await this.#options.tell(events, trouble.webhook);
    return trouble.after === "fail_after" ? broken : answerOf(made, tell);
  }

  #act({ path, id, form, by }: Change, { after, decline }: Trouble): Done {
    const { ledger, fee, nowMs } = this.#options;
    const keptBy: KeyRecord | null = by && after === "fail_after" ? { ...by, broken: true } : by;
    try {
      return path.act({ ledger, form, by: keptBy, at: Math.floor(nowMs() / 1_000), fee, forced: decline }, id);
    } catch (error) {
      if (by && error instanceof StripeProblem && error.begun) ledger.keepRefusal(by, error.answer);
      throw error;
    }
  }

  /** Waits as ordered. Returns null where the request may go on. */
  async #begin({ latencyMs, before }: Trouble): Promise<SimulatorOutcome | null> {
    if (latencyMs > 0) await pause(latencyMs);
    if (this.#options.faults.current.down) return brokenDown(503);
    switch (before) {
      case "fail_before": return brokenDown(500);
      case "unavailable": return brokenDown(503);
      case "rate_limited": return tooManyCalls(1);
      case "timeout_before": return "silence";
      case "cut_before": return "cut";
      case "fail_kept":
      case null: return null;
    }
  }

  /** Of the payment that it is about, as well as its own. */
  #metadataOf(form: StripeForm, id: string): Record<string, string> {
    const payment = this.#options.ledger.payment(id || (form.get("payment_intent") ?? form.get("charge") ?? ""));
    return { ...payment?.terms.metadata, ...form.metadata() };
  }
}

function replayed(kept: KeptAnswer, tell: Teller): SimulatorAnswer {
  const answer = kept.kind === "made" ? answerOf(kept.made, tell) : kept.kind === "broken" ? brokenDown(500) : kept.answer;
  return { ...answer, headers: { "idempotent-replayed": "true" } };
}
