import type { Pool } from "pg";
import { batchedRead } from "../../platform/jobs/batched-read.js";
import { paymentCaseState, type PaymentCase } from "./payment-case.write-state.js";

const casesSql = { name: "payments_cases", text: paymentCaseState.loadSql.replace(/ ORDER BY .*FOR UPDATE$/, "") };

const forgetSql = { name: "payments_case_forget", text: "DELETE FROM payment_case WHERE payment_id = $1 AND attempt = $2" };

/** What an attempt had to remember that will not be made (any more): nothing happened, so no fact says so. */
export async function forgetCase(pool: Pool, paymentId: string, attempt: number): Promise<void> {
  await pool.query({ ...forgetSql, values: [paymentId, attempt] });
}

/** What is remembered of payments, as it stands, without a lock. */
export async function readCases(pool: Pool, paymentIds: readonly string[]): Promise<readonly PaymentCase[]> {
  return (await pool.query<PaymentCase>({ ...casesSql, values: [paymentIds] })).rows;
}

/** What is remembered of a payment; null where nothing is. Asked by a batch of jobs at once, it is one query. */
export function paymentCaseReader(pool: Pool): (paymentId: string) => Promise<PaymentCase | null> {
  const loader = batchedRead<string, PaymentCase | null>(async (paymentIds) => {
    const byId = new Map((await readCases(pool, paymentIds)).map((row) => [row.paymentId, row]));
    return paymentIds.map((paymentId) => byId.get(paymentId) ?? null);
  });
  return (paymentId) => loader.load(paymentId);
}
