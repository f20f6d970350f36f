import { hash } from "node:crypto";
import { happens, pause, type FaultSwitch } from "../faults.js";
import type { SimulatorAnswer, SimulatorHandler, SimulatorRequest } from "../simulator-server.js";
import { answerOf, createIntent, createRefund, listIntents, retrieveIntent, type ActionResult } from "./payment-actions.js";
import type { PaymentFaults } from "./payment-faults.js";
import type { PaymentLedger } from "./payment-ledger.js";
import { declines, type KeyRecord, type PaymentEvent } from "./payment-records.js";
import { brokenDown, invalidRequest, keyInUse, otherParameters, unknownPath, wrongKey } from "./stripe-errors.js";

export interface PaymentRoutesOptions {
  readonly apiKey: string;
  readonly ledger: PaymentLedger;
  readonly faults: FaultSwitch<PaymentFaults>;
  tell(event: PaymentEvent): void;
  /** 0 up to 1: chance, so that a test may decide it. */
  readonly random: () => number;
}

/** Stripe's limit of a key's length. */
const keyLengthMax = 255;

export function paymentRoutes(options: PaymentRoutesOptions): SimulatorHandler {
  const { apiKey, ledger, random } = options;
  const inFlight = new Set<string>();

  return async (request) => {
    if (request.path.startsWith("/_simulator/")) return control(request, options);
    const { latencyMs, down } = options.faults.current;
    if (request.headers.authorization !== `Bearer ${apiKey}`) return wrongKey();
    if (request.method === "POST" && !down) return change(request, latencyMs);
    if (latencyMs > 0) await pause(latencyMs);
    return down ? brokenDown(503) : read(ledger, request);
  };

  /** A POST, guarded by its key. */
  async function change(request: SimulatorRequest, latencyMs: number): Promise<SimulatorAnswer | "silence"> {
    const key = request.headers["idempotency-key"];
    if (key === undefined) return act(request, null, latencyMs);
    if (typeof key !== "string" || key === "" || key.length > keyLengthMax) return invalidRequest("Idempotency-Key must have 1 to 255 characters.");
    if (inFlight.has(key)) return keyInUse(key);
    inFlight.add(key);
    try {
      return await act(request, { key, hash: hash("sha1", `${request.path}\n${request.body}`, "hex") }, latencyMs);
    } finally {
      inFlight.delete(key);
    }
  }

  async function act(request: SimulatorRequest, by: KeyRecord | null, latencyMs: number): Promise<SimulatorAnswer | "silence"> {
    if (latencyMs > 0) await pause(latencyMs);
    const { failBeforeRate, timeoutAfterRate } = options.faults.current;
    if (happens(failBeforeRate, random)) return brokenDown(500);
    const kept = by && ledger.answerOf(by.key);
    if (by && kept) return kept.hash === by.hash ? replayed(answerOf(kept)) : otherParameters(by.key);
    const result = perform(request, by);
    if (!result) return unknownPath(request.method, request.path);
    if (!result.event) return result.answer;
    options.tell(result.event);
    return happens(timeoutAfterRate, random) ? "silence" : result.answer;
  }

  function perform({ path, body }: SimulatorRequest, by: KeyRecord | null): ActionResult | null {
    if (path === "/v1/payment_intents") {
      const forced = happens(options.faults.current.declineRate, random) ? declines.get("pm_card_chargeDeclined") : undefined;
      return createIntent(ledger, new URLSearchParams(body), by, forced ?? null);
    }
    return path === "/v1/refunds" ? createRefund(ledger, new URLSearchParams(body), by) : null;
  }
}

function read(ledger: PaymentLedger, { method, path, query }: SimulatorRequest): SimulatorAnswer {
  const id = /^\/v1\/payment_intents\/([^/]+)$/.exec(path)?.[1];
  if (method !== "GET") return unknownPath(method, path);
  if (id !== undefined) return retrieveIntent(ledger, decodeURIComponent(id), query);
  return path === "/v1/payment_intents" ? listIntents(ledger, query) : unknownPath(method, path);
}

/** Not Stripe's: for tests, drills and a person with curl. */
function control({ method, path, body }: SimulatorRequest, { ledger, faults }: PaymentRoutesOptions): SimulatorAnswer {
  if (method === "GET" && path === "/_simulator/ledger") return { status: 200, body: ledger.totals() };
  if (path !== "/_simulator/faults" || (method !== "GET" && method !== "POST")) return unknownPath(method, path);
  const problem = method === "POST" ? faults.setFromJson(body) : null;
  return problem === null ? { status: 200, body: faults.current } : invalidRequest(problem);
}

function replayed(answer: SimulatorAnswer): SimulatorAnswer {
  return { ...answer, headers: { "idempotent-replayed": "true" } };
}
