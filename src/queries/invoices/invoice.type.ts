import { Field, ID, Int, ObjectType } from "type-graphql";
import type { RefundCause } from "../../events/payments.js";
import type { TaxTotal } from "../../events/invoices.js";
import { connectionType } from "../../platform/graphql/connection.js";
import { moneyType, MoneyType } from "../../platform/graphql/money.type.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import type { InvoiceCardRow } from "../../projections/invoices/invoice-card.projection.js";
import { orderIds } from "../orders/order.type.js";

/** An order has one invoice, so its id is inside. */
export const invoiceIds = defineId("invoice");

export const CreditCauseEnum = wordEnum<RefundCause>("CreditCause", {
  ORDER_CANCELLED: null, LINES_CANCELLED: "Single lines were called off.", RETURNED: "Goods came back.", GOODWILL: "An operator decided so.",
  UNWANTED: "The money had come for nothing.", CAPTURED_TWICE: "The money had come twice.",
});

@ObjectType("InvoiceLine", { simpleResolvers: true, description: "A line as it was charged." })
export class InvoiceLineType {
  @Field(() => String) sku!: string;
  @Field(() => String) name!: string;
  @Field(() => Int) quantity!: number;
  @Field(() => MoneyType) unitPrice!: MoneyType;
  @Field(() => MoneyType, { description: "`unitPrice × quantity`." }) net!: MoneyType;
  @Field(() => Int, { description: "1 % is 100." }) taxBasisPoints!: number;
  @Field(() => MoneyType) tax!: MoneyType;
}

@ObjectType("TaxTotal", { simpleResolvers: true, description: "Net and tax of all that is taxed alike." })
export class TaxTotalType {
  @Field(() => Int, { nullable: true, description: "Null where the rate is no longer known, of shipping only." }) taxBasisPoints!: number | null;
  @Field(() => MoneyType) net!: MoneyType;
  @Field(() => MoneyType) tax!: MoneyType;
}

@ObjectType("CreditedLine", { simpleResolvers: true })
export class CreditedLineType {
  @Field(() => String) sku!: string;
  @Field(() => String) name!: string;
  @Field(() => Int) quantity!: number;
}

@ObjectType("CreditNote", { simpleResolvers: true, description: "Money of an invoice that was given back." })
export class CreditNoteType {
  @Field(() => String) number!: string;
  @Field(() => DateTime) issuedAt!: string;
  @Field(() => MoneyType) amount!: MoneyType;
  @Field(() => CreditCauseEnum) cause!: RefundCause;
  @Field(() => String) reason!: string;
  @Field(() => [CreditedLineType], { description: "Empty where it is not for certain lines." }) lines!: readonly CreditedLineType[];
  @Field(() => [TaxTotalType]) taxTotals!: readonly TaxTotalType[];
  @Field(() => String, { description: "Where its PDF is, below the API's address; needs the same token." }) pdfPath!: string;
}

@ObjectType("Invoice", { simpleResolvers: true, description: "What was charged for an order. An invoice never changes; credit notes follow it." })
export class InvoiceType {
  @Field(() => ID) id!: string;
  @Field(() => String, { description: "Without a gap within a year, e.g. `INV-2026-000123`." }) number!: string;
  @Field(() => ID) orderId!: string;
  @Field(() => ID) customerId!: string;
  @Field(() => DateTime) issuedAt!: string;
  @Cost({ size: 5 }) @Field(() => [InvoiceLineType]) lines!: readonly InvoiceLineType[];
  @Field(() => MoneyType, { description: "Without tax." }) shipping!: MoneyType;
  @Field(() => [TaxTotalType], { description: "Lines and shipping together, by rate." }) taxTotals!: readonly TaxTotalType[];
  @Field(() => MoneyType, { description: "What was paid beside all this; 0 but for a payment of another amount than was owed." }) adjustment!: MoneyType;
  @Field(() => MoneyType, { description: "What was captured." }) total!: MoneyType;
  @Field(() => MoneyType, { description: "What credit notes gave back." }) credited!: MoneyType;
  @Cost({ size: 2 }) @Field(() => [CreditNoteType]) creditNotes!: readonly CreditNoteType[];
  @Field(() => String, { description: "Where its PDF is, below the API's address; needs the same token." }) pdfPath!: string;
}

export const InvoiceConnection = connectionType("Invoice", () => InvoiceType);

export function invoiceType(row: InvoiceCardRow): InvoiceType {
  const { orderId, customerId, number, issuedAt, currency } = row;
  const [id, money] = [invoiceIds.encode(orderId), (amountMinor: number) => moneyType(amountMinor, currency)];
  const taxes = (totals: readonly TaxTotal[]): TaxTotalType[] => totals.map(({ taxBasisPoints, netMinor, taxMinor }) => ({ taxBasisPoints, net: money(netMinor), tax: money(taxMinor) }));
  return {
    id, number, orderId: orderIds.encode(orderId), customerId, issuedAt,
    shipping: money(row.shipping.netMinor), adjustment: money(row.adjustmentMinor), total: money(row.totalMinor), credited: money(row.creditedMinor),
    pdfPath: `/invoices/${id}.pdf`,
    // Made where a query asks for them.
    get lines() {
      return row.lines.map(({ unitPriceMinor, netMinor, taxMinor, ...line }) => ({ ...line, unitPrice: money(unitPriceMinor), net: money(netMinor), tax: money(taxMinor) }));
    },
    get taxTotals() { return taxes(row.taxTotals); },
    get creditNotes() {
      return row.creditNotes.map(({ amountMinor, taxTotals, ...note }) => ({
        ...note, amount: money(amountMinor), taxTotals: taxes(taxTotals), pdfPath: `/invoices/${id}/credit-notes/${note.number}.pdf`,
      }));
    },
  };
}
