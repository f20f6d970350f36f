import type { ReadTable } from "../platform/projector/read-table.js";
import type { ViewDefinition } from "../platform/projector/view.js";
import { productCardTable } from "../projections/catalog/product-card.table.js";
import { reservationCardTable } from "../projections/inventory/reservation-card.table.js";
import { saleCardTable } from "../projections/inventory/sale-card.table.js";
import { saleLevelTable } from "../projections/inventory/sale-level.table.js";
import { saleRoomCardTable } from "../projections/inventory/sale-room-card.table.js";
import { saleTicketCardTable } from "../projections/inventory/sale-ticket-card.table.js";
import { stockLevelTable } from "../projections/inventory/stock-level.table.js";
import { unitCardTable } from "../projections/inventory/unit-card.table.js";
import { ledgerEntryTable } from "../projections/ledger/ledger-entry.table.js";
import { invoiceCardTable } from "../projections/invoices/invoice-card.table.js";
import { customerNoticeTable } from "../projections/notices/customer-notice.table.js";
import { alertCardTable } from "../projections/operations/alert-card.table.js";
import { breakerCardTable } from "../projections/operations/breaker-card.table.js";
import { degradedModeTable } from "../projections/operations/degraded-mode.table.js";
import { invariantCardTable } from "../projections/operations/invariant-card.table.js";
import { orderCardTable } from "../projections/orders/order-card.table.js";
import { paymentCardTable } from "../projections/payments/payment-card.table.js";
import { mismatchCardTable } from "../projections/reconciliation/mismatch-card.table.js";
import { reconciliationCardTable } from "../projections/reconciliation/reconciliation-card.table.js";
import { orderFactTable } from "../projections/reports/order-fact.table.js";
import { salesHourly } from "../projections/reports/sales-hourly.view.js";
import { topProducts } from "../projections/reports/top-products.view.js";
import { courierDecisionTable } from "../projections/shipping/courier-decision.table.js";
import { courierParcelTable } from "../projections/shipping/courier-parcel.table.js";
import { courierScoreboard } from "../projections/shipping/courier-scoreboard.view.js";
import { shipmentCardTable } from "../projections/shipping/shipment-card.table.js";
import { unknownCodeTable } from "../projections/shipping/unknown-code.table.js";

/** Every read table. */
export const readTables: readonly ReadTable[] = [
  orderCardTable, paymentCardTable, productCardTable, stockLevelTable, shipmentCardTable, unknownCodeTable, orderFactTable, alertCardTable, breakerCardTable, degradedModeTable,
  saleCardTable, saleLevelTable, reservationCardTable, unitCardTable, saleRoomCardTable, saleTicketCardTable, invoiceCardTable, ledgerEntryTable, invariantCardTable,
  reconciliationCardTable, mismatchCardTable, customerNoticeTable, courierParcelTable, courierDecisionTable,
];

/** Every materialized view over them. */
export const views: readonly ViewDefinition[] = [salesHourly, topProducts, courierScoreboard];
