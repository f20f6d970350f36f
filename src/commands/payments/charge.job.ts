import type { OrderPlaced } from "../../events/orders.js";
import type { PaymentMethod, PaymentRetried } from "../../events/payments.js";
import type { AuthorizeResult, PaymentProvider } from "../../gateways/payments/payment-port.js";
import { defineConsumer } from "../../kernel/consumer.js";
import { GatewayError } from "../../platform/http-client/gateway-error.js";
import { readState } from "../../platform/jobs/event-reader.js";
import type { JobAttemptInfo, JobHandler } from "../../platform/jobs/job-handler.js";
import type { OrderFacts } from "./order-facts.reader.js";
import { forgetCase, paymentCaseReader } from "./payment-case.store.js";
import { PaymentDesk, type Asked, type Cause, type PaymentJobs } from "./payment-desk.process.js";
import { isOpen, paymentStream, type Payment } from "./payment.decider.js";
import { paymentIdOf } from "./record-payment.js";

export const chargeConsumer = defineConsumer<OrderPlaced | PaymentRetried>({ queue: "payments.charge", on: ["OrderPlaced", "PaymentRetried"] });

/** Times that a charge in doubt is tried by its own job; after that the janitor asks. */
export const doubtfulTriesMax = 5;
/** A worker is killed in its first tries; later ones are those of an outage, in which nothing was reached. */
const freshTriesMax = 3;
/** Nobody's clock is so wrong that a key would be forgotten so much sooner. */
const keyMarginSeconds = 3_600;

/** One attempt to get an order's money. */
export interface Attempt {
  readonly paymentId: string;
  readonly attempt: number;
  readonly method: PaymentMethod;
  readonly token: string | null;
  /** When it began, RFC 3339: its key at the provider is no older. */
  readonly since: string;
}

/**
 * Charges an order once: the key at the provider is a function of payment and attempt, so that a repetition is answered with
 * the first charge. One whose outcome is not known asks before it is repeated. An order that was called off is not charged.
 */
export function chargeHandler(jobs: PaymentJobs): JobHandler<OrderPlaced | PaymentRetried> {
  const desk = new PaymentDesk(jobs);
  const caseOf = paymentCaseReader(jobs.pool);
  return async ({ eventId, event, recordedAt }, info) => {
    const { orderId } = event;
    const paymentId = paymentIdOf(orderId);
    const cause = { queue: chargeConsumer.queue, id: eventId };
    const attempt = event.type === "OrderPlaced" ? 1 : event.attempt;
    const facts = await desk.facts(orderId);
    if (!facts) throw new Error(`there is no order ${orderId}`);
    if (info.attempt > 1 && await isSettled(desk, facts, attempt, recordedAt, info, cause)) return;
    if (facts.calledOff) return forgetCase(jobs.pool, paymentId, attempt);
    if (facts.totalMinor === 0) return recordFree(desk, facts, paymentId, cause);
    const known = await caseOf(paymentId);
    const [method, token] = known?.attempt === attempt ? [known.method, known.token] : [event.method ?? "CARD", null];
    await authorize(desk, facts, { paymentId, attempt, method, token, since: recordedAt }, info, cause);
  };
}

async function recordFree(desk: PaymentDesk, { orderId, currency }: OrderFacts, paymentId: string, cause: Cause): Promise<void> {
  await desk.record({
    type: "RecordCapture", paymentId, orderId, attempt: 1, amountMinor: 0, currency, provider: "none", providerReference: "free",
    expected: { amountMinor: 0, currency }, newsId: null,
  }, cause);
}

async function authorize(desk: PaymentDesk, facts: OrderFacts, attempt: Attempt, info: JobAttemptInfo, cause: Cause): Promise<void> {
  try {
    // Money that is not what was asked for settles nothing: the order does not wait for ever.
    if (await tryAttempt(desk, facts, attempt, cause) === "set_aside") await recordDoubt(desk, facts.orderId, attempt, "set_aside", cause);
  } catch (error) {
    if (!(error instanceof GatewayError) || !error.inDoubt) throw error;
    await recordDoubt(desk, facts.orderId, attempt, error.kind, cause);
    if (info.attempt < doubtfulTriesMax) throw error;
  }
}

/** Calls the provider once and records its word, which may be kept and not applied. @throws GatewayError */
export async function tryAttempt(desk: PaymentDesk, facts: OrderFacts, { paymentId, attempt, method, token }: Attempt, cause: Cause): Promise<"recorded" | "set_aside"> {
  const { orderId, totalMinor: amountMinor, currency } = facts;
  const provider = desk.jobs.providers.of(method);
  const result = await provider.authorize({
    paymentId, orderId, attempt, amountMinor, currency, token, capture: desk.jobs.terms.captureAtOnce, idempotencyKey: `charge:${paymentId}:${attempt}`,
  });
  return await recordResult(desk, facts, result, provider, { paymentId, attempt }, cause) ? "set_aside" : "recorded";
}

/** @returns whether it was set aside */
async function recordResult(
  desk: PaymentDesk, { orderId, totalMinor, currency }: OrderFacts, result: AuthorizeResult, provider: PaymentProvider, of: Pick<Attempt, "paymentId" | "attempt">, cause: Cause,
): Promise<boolean> {
  const command = { ...of, orderId, provider: provider.name };
  const expected = { amountMinor: totalMinor, currency };
  switch (result.kind) {
    case "captured": {
      const { kind: _kind, ...charge } = result;
      return (await desk.record({ type: "RecordCapture", ...command, ...charge, expected, newsId: null }, cause)).setAside;
    }
    case "authorized": {
      const { kind: _kind, ...charge } = result;
      return (await desk.record({ type: "RecordAuthorization", ...command, ...charge, expected, newsId: null, ...desk.looksAfter(provider) }, cause)).setAside;
    }
    case "awaited": {
      const { providerReference, waitSeconds } = result;
      await desk.record({ type: "RecordAwaited", ...command, amountMinor: totalMinor, currency, providerReference, waitSeconds }, cause);
      return false;
    }
    case "declined":
      await desk.record({ type: "RecordDecline", ...of, orderId, code: result.code, retrySeconds: desk.jobs.terms.retrySeconds }, cause);
      return false;
  }
}

async function recordDoubt(desk: PaymentDesk, orderId: string, { paymentId, attempt, method, since }: Attempt, code: string, cause: Cause): Promise<void> {
  const { deadlineSeconds, askSeconds } = desk.jobs.terms;
  await desk.record({
    type: "RecordUnknown", paymentId, orderId, attempt, provider: desk.jobs.providers.of(method).name, code, since,
    waitSeconds: Math.max(0, Math.ceil(deadlineSeconds - ageSeconds(since))), askSeconds: askSeconds[0] ?? deadlineSeconds,
  }, cause);
}

/** Whether a job that was begun before has nothing left to try: the provider is asked what became of it. */
async function isSettled(desk: PaymentDesk, facts: OrderFacts, attempt: number, since: string, info: JobAttemptInfo, cause: Cause): Promise<boolean> {
  const paymentId = paymentIdOf(facts.orderId);
  const payment = await readState(desk.jobs.pool, paymentStream, paymentId);
  if (!isOpen(payment, attempt)) return true;
  if (facts.totalMinor === 0) return false;
  const method = methodOf(payment, facts);
  const provider = desk.jobs.providers.of(method);
  const inDoubt = payment.status === "UNKNOWN";
  // An order that was called off is charged no more: what it is paid with does not outlast its job, also where that dies.
  if (facts.calledOff && info.last && !inDoubt) await forgetCase(desk.jobs.pool, paymentId, attempt);
  const leavesIt = inDoubt && info.attempt > doubtfulTriesMax;
  const asked = await desk.ask(provider, payment, facts, paymentId, cause).catch((error: unknown) => {
    if (leavesIt && error instanceof GatewayError) return null;
    throw error;
  });
  if (asked === null || asked === "known") return true;
  const isLeft = mayBeMade(asked, facts, isKeyKept(provider, since), info);
  if (isLeft) await recordDoubt(desk, facts.orderId, { paymentId, attempt, method, token: null, since }, asked, cause);
  else if (facts.calledOff && !inDoubt) await forgetCase(desk.jobs.pool, paymentId, attempt);
  return isLeft || facts.calledOff || leavesIt;
}

/**
 * Whether there may be a charge that the provider does not find, and that is not repeated. A job that was killed in its call
 * left no doubt behind, and what the provider finds lags by a minute.
 */
function mayBeMade(asked: Asked, { calledOff }: OrderFacts, isKept: boolean, { attempt }: JobAttemptInfo): boolean {
  return asked === "pending" || (calledOff ? isKept && attempt <= freshTriesMax : !isKept);
}

/** How the attempt that is at work is paid: the first one's method stands on the order. */
export function methodOf(payment: Payment, facts: OrderFacts): PaymentMethod {
  return payment.attempt === 1 ? facts.method : payment.method;
}

/** Whether a repetition with the same key is still told from a new charge. */
export function isKeyKept({ keyKeptSeconds }: PaymentProvider, since: string): boolean {
  return ageSeconds(since) < keyKeptSeconds - keyMarginSeconds;
}

function ageSeconds(since: string): number {
  return (Date.now() - Date.parse(since)) / 1_000;
}
