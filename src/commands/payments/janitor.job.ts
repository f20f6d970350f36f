import { GatewayError } from "../../platform/http-client/gateway-error.js";
import { readState } from "../../platform/jobs/event-reader.js";
import { isKeyKept, methodOf, tryAttempt } from "./charge.job.js";
import type { OrderFacts } from "./order-facts.reader.js";
import { forgetCase, readCases } from "./payment-case.store.js";
import type { PaymentCase } from "./payment-case.write-state.js";
import { PaymentDesk, type Asked, type PaymentJobs } from "./payment-desk.process.js";
import { isOpen, paymentStream, type Payment } from "./payment.decider.js";

/** Payments that one round looks after. */
const roundMax = 50;
/** For that long nobody else takes a payment that somebody asks after, and after that it is tried again where the asking failed. */
const leaseSeconds = 60;

// The clock of a row moves without a fact: nothing happened, and who asks next is no part of the payment's history.
const takeSql = {
  name: "payments_janitor_take",
  text: `WITH due AS (SELECT payment_id FROM payment_case WHERE ask_at <= clock_timestamp() ORDER BY ask_at LIMIT $1 FOR UPDATE SKIP LOCKED)
         UPDATE payment_case c SET ask_at = clock_timestamp() + $2 * interval '1 second' FROM due WHERE c.payment_id = due.payment_id RETURNING c.payment_id`,
};
const againSql = {
  name: "payments_janitor_again",
  text: `UPDATE payment_case SET asked = asked + $3, ask_at = clock_timestamp() + $4 * interval '1 second' WHERE payment_id = $1 AND attempt = $2`,
};

/**
 * Asks after payments that are in doubt, and after money that is set aside for long. Any number of processes may: each
 * takes rows that no other has at that time, and what is recorded twice says nothing new.
 * @returns a round, which returns whether there may be more
 */
export function janitorRounds(jobs: PaymentJobs): () => Promise<boolean> {
  const desk = new PaymentDesk(jobs);
  return async () => {
    const { rows: taken } = await jobs.pool.query<{ payment_id: string }>({ ...takeSql, values: [roundMax, leaseSeconds] });
    if (taken.length === 0) return false;
    const rows = await readCases(jobs.pool, taken.map(({ payment_id }) => payment_id));
    const results = await Promise.allSettled(rows.map((row) => lookAfter(desk, row)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    return taken.length === roundMax;
  };
}

async function lookAfter(desk: PaymentDesk, row: PaymentCase): Promise<void> {
  const { paymentId, orderId, attempt } = row;
  const { pool } = desk.jobs;
  const [payment, facts] = await Promise.all([readState(pool, paymentStream, paymentId), desk.facts(orderId)]);
  if (facts && isOpen(payment, attempt)) return askAfterDoubt(desk, row, payment, facts);
  if (facts && payment.status === "AUTHORIZED" && payment.attempt === attempt) return askAfterAuthorization(desk, row, payment, facts);
  await forgetCase(pool, paymentId, attempt);
}

async function askAfterDoubt(desk: PaymentDesk, row: PaymentCase, payment: Payment, facts: OrderFacts): Promise<void> {
  const { paymentId, orderId, attempt, asked: askedBefore } = row;
  const cause = causeOf(row);
  const provider = desk.jobs.providers.of(methodOf(payment, facts));
  let asked: Asked;
  let refused = false;
  try {
    asked = await desk.ask(provider, payment, facts, paymentId, cause);
    if (asked === "unheard_of" && !facts.calledOff && row.inDoubtSince !== null && isKeyKept(provider, row.inDoubtSince)) {
      if (await tryAttempt(desk, facts, { paymentId, attempt, method: row.method, token: row.token, since: row.inDoubtSince }, cause) === "recorded") return;
      asked = "pending";
    }
  } catch (error) {
    // No answer is no answer in vain; what our request is to blame for is.
    if (!(error instanceof GatewayError) || error.kind !== "rejected") throw error;
    asked = "unheard_of";
    refused = true;
  }
  if (asked === "known") return;
  const next = desk.jobs.terms.askSeconds[askedBefore + 1];
  if (next !== undefined) {
    await desk.jobs.pool.query({ ...againSql, values: [paymentId, attempt, 1, next] });
    return;
  }
  // Of an order that was called off and that the provider never heard of nothing is missing: reconciliation finds what comes to light later.
  const isNothingLost = facts.calledOff && asked === "unheard_of" && !refused;
  // Told before it is written: with that the case is gone, and nobody asks again.
  if (!isNothingLost) {
    await desk.jobs.alerts.raise({
      key: `payment_never_known:${orderId}`, severity: "critical",
      message: "What became of a charge was asked for days, and the provider does not know; look for it there.", details: { orderId, paymentId, attempt, provider: provider.name },
    });
  }
  await desk.record({ type: "GiveUp", paymentId, orderId, attempt, code: "never_known" }, cause);
}

/** Still there: it is looked after again. Gone, or taken by somebody else: that was recorded. */
async function askAfterAuthorization(desk: PaymentDesk, row: PaymentCase, payment: Payment, facts: OrderFacts): Promise<void> {
  const { paymentId, orderId, attempt } = row;
  const { provider: name, providerReference } = payment;
  const provider = name === null ? null : desk.jobs.providers.named(name);
  if (!provider || providerReference === null) return;
  const asked = await desk.ask(provider, payment, facts, paymentId, causeOf(row));
  if (asked === "unheard_of") {
    // More likely we ask in the wrong account than that it is gone.
    await desk.jobs.alerts.raise({
      key: `authorization_unheard_of:${provider.name}`, severity: "critical",
      message: "The payment provider does not know a payment that it authorized; look whether the key is that of the right account.", details: { orderId, providerReference },
    });
  }
  await desk.jobs.pool.query({ ...againSql, values: [paymentId, attempt, 0, desk.looksAfter(provider).askSeconds ?? leaseSeconds] });
}

function causeOf({ paymentId, attempt, asked }: PaymentCase): { readonly queue: string; readonly id: string } {
  return { queue: "payments.janitor", id: `janitor:${paymentId}:${String(attempt)}:${String(asked)}` };
}
