import type { PaymentTotals } from "../../../simulators/payments/payment-totals.js";
import { withClient } from "../../../platform/postgres/connection.js";

/** What the shop believes to have taken and given back, in minor units by currency, each charge and each refund once. */
export interface OurBooks {
  readonly captures: number;
  readonly capturedMinor: Readonly<Record<string, number>>;
  readonly refunds: number;
  readonly refundedMinor: Readonly<Record<string, number>>;
  /** Orders with more than one capture that counts. */
  readonly chargedTwice: readonly string[];
  /** Refunds that were decided and have no outcome. */
  readonly refundsOpen: number;
}

interface SumRow { readonly currency: string; readonly kind: "captured" | "refunded"; readonly events: number; readonly minor: number }

const statementTimeoutMs = 60_000;

const sums = `
  SELECT data->>'currency' AS currency, CASE WHEN type LIKE '%Captured%' THEN 'captured' ELSE 'refunded' END AS kind,
         count(*) FILTER (WHERE type <> 'RefundReversed')::integer AS events,
         sum((data->>'amountMinor')::bigint * CASE type WHEN 'RefundReversed' THEN -1 ELSE 1 END)::float8 AS minor
  FROM event_log WHERE type IN ('PaymentCaptured', 'PaymentCapturedTwice', 'PaymentRefunded', 'RefundReversed') AND data->>'provider' = 'stripe' GROUP BY 1, 2`;

const twice = "SELECT data->>'orderId' AS id FROM event_log WHERE type = 'PaymentCaptured' GROUP BY 1 HAVING count(*) > 1";

const open = `
  SELECT count(*)::integer AS open FROM event_log r WHERE r.type = 'RefundRequested' AND NOT EXISTS (
    SELECT FROM event_log d WHERE d.stream_id = r.stream_id AND d.type IN ('PaymentRefunded', 'RefundFailed') AND d.data->>'refundId' = r.data->>'refundId')`;

/** Counts in the primary's log, which is the truth. @throws where it cannot be reached */
export async function ourBooks(url: string): Promise<OurBooks> {
  return withClient({ url, applicationName: "millrace drill", statementTimeoutMs }, async (client) => {
    const { rows } = await client.query<SumRow>(sums);
    const of = (wanted: SumRow["kind"]): readonly SumRow[] => rows.filter(({ kind }) => kind === wanted);
    const minor = (wanted: SumRow["kind"]): Record<string, number> => Object.fromEntries(of(wanted).map((row) => [row.currency, row.minor]));
    const count = (wanted: SumRow["kind"]): number => of(wanted).reduce((sum, { events }) => sum + events, 0);
    const { rows: charged } = await client.query<{ id: string }>(twice);
    const { rows: [refunds] } = await client.query<{ open: number }>(open);
    return {
      captures: count("captured"), capturedMinor: minor("captured"), refunds: count("refunded"), refundedMinor: minor("refunded"),
      chargedTwice: charged.map(({ id }) => id), refundsOpen: refunds?.open ?? 0,
    };
  });
}

/** What differs between the provider's own books and ours, in words; nothing where they agree to the cent. */
export function differences(ours: OurBooks, theirs: Pick<PaymentTotals, "chargedMinor" | "refundedMinor">): readonly string[] {
  return [
    ...differ("captured", ours.capturedMinor, theirs.chargedMinor),
    ...differ("refunded", ours.refundedMinor, theirs.refundedMinor),
  ];
}

function differ(what: string, ours: Readonly<Record<string, number>>, theirs: Readonly<Record<string, number>>): string[] {
  const currencies = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort();
  return currencies.filter((currency) => (ours[currency] ?? 0) !== (theirs[currency] ?? 0))
    .map((currency) => `${what} ${currency}: ${ours[currency] ?? 0} here, ${theirs[currency] ?? 0} there`);
}
