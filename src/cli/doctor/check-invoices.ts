import type { Client } from "pg";
import { inThousands, type Examined } from "./finding.js";
import { judgeAll, pendingOrders } from "./law-query.js";

const numberParts = `
  numbered AS (
    SELECT CASE type WHEN 'InvoiceIssued' THEN 'INV' ELSE 'CN' END || '/' || (data->>'year') AS series, (data->>'sequence')::bigint AS sequence
    FROM event_log WHERE stream_category = 'invoice'
  ),
  issued AS (SELECT series, count(*) AS documents, count(DISTINCT sequence) AS numbers, min(sequence) AS first, max(sequence) AS last FROM numbered GROUP BY series)`;

const judgedNumbers = `
  SELECT series AS key, series || ': ' || nullif(concat_ws('; ',
    CASE WHEN i.documents > i.numbers THEN format('%s documents have %s numbers', i.documents, i.numbers) END,
    CASE WHEN i.first <> 1 OR i.last <> i.numbers THEN format('%s numbers are from %s to %s', i.numbers, i.first, i.last) END,
    CASE WHEN c.last_number IS DISTINCT FROM coalesce(i.last, 0) THEN format('the counter is at %s, the last number is %s', coalesce(c.last_number, 0), coalesce(i.last, 0)) END
  ), '') AS text
  FROM issued i FULL JOIN invoice_counter c USING (series)`;

// Orders that were paid before there were invoices have none.
const documentParts = `${pendingOrders},
  taken AS (
    SELECT substr(stream_id, length('order-') + 1) AS order_id,
      bool_or(recorded_at >= (SELECT executed_at FROM millrace_migration WHERE name = '0007-invoices')) AS billable
    FROM event_log WHERE stream_category = 'order'
      AND (type = 'OrderPaymentCaptured' OR type IN ('OrderPaid', 'OrderReinstated') AND data->>'authorized' IS DISTINCT FROM 'true') GROUP BY 1
  ),
  money AS (
    SELECT data->>'orderId' AS order_id,
      coalesce(sum((data->>'amountMinor')::bigint) FILTER (WHERE type = 'PaymentCaptured'), 0) AS captured,
      coalesce(sum((data->>'amountMinor')::bigint) FILTER (WHERE type = 'PaymentRefunded' AND coalesce(data->>'cause', '') NOT IN ('UNWANTED', 'CAPTURED_TWICE')), 0) AS refunded,
      coalesce(sum((data->>'amountMinor')::bigint) FILTER (WHERE type = 'RefundReversed' AND coalesce(data->>'cause', '') NOT IN ('UNWANTED', 'CAPTURED_TWICE')), 0) AS reversed
    FROM event_log WHERE stream_category = 'payment' GROUP BY 1
  ),
  billed AS (
    SELECT data->>'orderId' AS order_id, count(*) FILTER (WHERE type = 'InvoiceIssued') AS invoices,
      coalesce(sum((data->>'totalMinor')::bigint) FILTER (WHERE type = 'InvoiceIssued'), 0) AS total,
      coalesce(sum((data->>'amountMinor')::bigint) FILTER (WHERE type = 'CreditNoteIssued'), 0) AS credited,
      count(*) FILTER (WHERE type = 'CreditNoteIssued') - count(DISTINCT data->>'refundId') FILTER (WHERE type = 'CreditNoteIssued') AS twice
    FROM event_log WHERE stream_category = 'invoice' GROUP BY 1
  )`;

const judgedDocuments = `
  SELECT order_id AS key, 'order ' || order_id || ': ' || nullif(concat_ws('; ',
    CASE WHEN b.order_id IS NULL AND t.billable AND m.captured > 0 AND NOT pending THEN 'it was paid, has no invoice, and no job issues it' END,
    CASE WHEN b.order_id IS NOT NULL AND t.order_id IS NULL THEN 'it has an invoice, and its money was never taken' END,
    CASE WHEN b.invoices <> 1 THEN format('it has %s invoices', b.invoices) END,
    CASE WHEN b.invoices = 1 AND b.total IS DISTINCT FROM m.captured THEN format('its invoice is of %s, captured were %s', b.total, coalesce(m.captured, 0)) END,
    CASE WHEN b.twice > 0 THEN 'a refund has two credit notes' END,
    -- What came back keeps its note, and what makes it good needs no other.
    CASE WHEN b.credited > m.refunded OR b.credited < m.refunded - m.reversed AND NOT pending THEN format('credit notes are of %s, refunded were %s', b.credited, m.refunded) END
  ), '') AS text
  FROM taken t FULL JOIN billed b USING (order_id) LEFT JOIN money m USING (order_id)
  CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM pending w WHERE w.order_id = coalesce(t.order_id, b.order_id)) AS pending) p`;

/** Numbers by their counters, and documents by the money that they speak of. Amounts in minor units. */
export async function examineInvoices(client: Client): Promise<Examined[]> {
  const numbers = await judgeAll(client, numberParts, judgedNumbers);
  const documents = await judgeAll(client, documentParts, judgedDocuments);
  return [
    {
      check: "invoice_numbers", where: "primary", examined: `numbers are 1 to n as their counters say, ${inThousands(numbers.examined)} series and years`,
      wrong: "series with a gap, a double, or a wrong counter", problems: numbers.problems, count: numbers.count,
      remedy: "Somebody wrote into event_log or invoice_counter beside the command bus. Tell who audits the books; a number is never given anew.",
    },
    {
      check: "invoices", where: "primary", examined: `paid orders have one invoice of what was captured, and credit notes of what was refunded, ${inThousands(documents.examined)} orders`,
      wrong: "orders whose documents do not fit their money", problems: documents.problems, count: documents.count,
      remedy: "Look for dead letters of invoices.issue and invoices.credit and redrive them.",
    },
  ];
}
