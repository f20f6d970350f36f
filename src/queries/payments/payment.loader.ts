import type DataLoader from "dataloader";
import type { RequestContext } from "../../platform/http/request-context.js";
import { childrenLoader } from "../../platform/http/row-loader.js";
import type { PaymentCardRow } from "../../projections/payments/payment-card.projection.js";
import { paymentCardTable } from "../../projections/payments/payment-card.table.js";

/** The payments of an order. */
export function paymentsOfOrderLoader(context: RequestContext): DataLoader<string, readonly PaymentCardRow[]> {
  return childrenLoader<PaymentCardRow>(context, paymentCardTable, "orderId");
}
