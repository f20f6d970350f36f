import type { NonEmptyArray } from "type-graphql";
import { CatalogMutations } from "../commands/catalog/catalog.mutations.js";
import { CustomerMutations } from "../commands/customers/customer.mutations.js";
import { InventoryMutations } from "../commands/inventory/inventory.mutations.js";
import { ReservationMutations } from "../commands/inventory/reservation.mutations.js";
import { SaleQueueMutations } from "../commands/inventory/sale-queue.mutations.js";
import { SaleMutations } from "../commands/inventory/sale.mutations.js";
import { UnitMutations } from "../commands/inventory/unit.mutations.js";
import { AlertMutations } from "../commands/operations/alert.mutations.js";
import { BreakerMutations } from "../commands/operations/breaker.mutations.js";
import { DeadLetterMutations } from "../commands/operations/dead-letter.mutations.js";
import { DegradedModeMutations } from "../commands/operations/degraded-mode.mutations.js";
import { OrderChangeMutations } from "../commands/orders/order-changes.mutations.js";
import { OrderMutations } from "../commands/orders/order.mutations.js";
import { PaymentMutations } from "../commands/payments/payment.mutations.js";
import { ShippingMutations } from "../commands/shipping/shipping.mutations.js";
import { ProductResolver } from "../queries/catalog/product.resolver.js";
import { CustomerResolver } from "../queries/customers/customer.resolver.js";
import { ReservationLive } from "../queries/inventory/reservation.live.js";
import { ReservationLineResolver, ReservationResolver } from "../queries/inventory/reservation.resolver.js";
import { SaleLive } from "../queries/inventory/sale.live.js";
import { SaleQueueLive } from "../queries/inventory/sale-queue.live.js";
import { SaleTicketResolver } from "../queries/inventory/sale-ticket.resolver.js";
import { SaleResolver } from "../queries/inventory/sale.resolver.js";
import { StockAlertsLive } from "../queries/inventory/stock-alerts.live.js";
import { StockLive } from "../queries/inventory/stock.live.js";
import { UnitResolver } from "../queries/inventory/unit.resolver.js";
import { LedgerResolver } from "../queries/ledger/ledger.resolver.js";
import { InvoiceResolver } from "../queries/invoices/invoice.resolver.js";
import { AlertLive } from "../queries/operations/alert.live.js";
import { AlertResolver } from "../queries/operations/alert.resolver.js";
import { CourierHealthLive } from "../queries/operations/courier-health.live.js";
import { CourierHealthResolver } from "../queries/operations/courier-health.resolver.js";
import { DeadLetterResolver } from "../queries/operations/dead-letter.resolver.js";
import { OrderTraceResolver } from "../queries/operations/order-trace.resolver.js";
import { SystemStatusResolver } from "../queries/operations/system-status.resolver.js";
import { CustomerNoticeResolver } from "../queries/notices/customer-notice.resolver.js";
import { OrderLineResolver } from "../queries/orders/order-line.resolver.js";
import { OrderLive } from "../queries/orders/order.live.js";
import { OrderResolver } from "../queries/orders/order.resolver.js";
import { OrdersLive } from "../queries/orders/orders.live.js";
import { ReconciliationResolver } from "../queries/reconciliation/reconciliation.resolver.js";
import { SalesResolver } from "../queries/reports/sales.resolver.js";
import { CourierDecisionResolver } from "../queries/shipping/courier-decision.resolver.js";
import { CourierScoreboardResolver } from "../queries/shipping/courier-scoreboard.resolver.js";
import { PublicTrackingResolver } from "../queries/shipping/public-tracking.resolver.js";
import { ShipmentResolver } from "../queries/shipping/shipment.resolver.js";
import { TrackingResolver } from "../queries/shipping/tracking.resolver.js";
import { UnknownCodeResolver } from "../queries/shipping/unknown-code.resolver.js";
import { UnscannedResolver } from "../queries/shipping/unscanned.resolver.js";

/** Every resolver: what the schema is made of. */
export const resolvers: NonEmptyArray<abstract new () => object> = [
  OrderMutations, PaymentMutations, ShippingMutations, OrderChangeMutations, CatalogMutations, InventoryMutations, SaleMutations, SaleQueueMutations, ReservationMutations, UnitMutations, CustomerMutations, AlertMutations, BreakerMutations, DegradedModeMutations, DeadLetterMutations,
  OrderResolver, OrderLineResolver, ProductResolver, TrackingResolver, PublicTrackingResolver, ShipmentResolver, UnscannedResolver, UnknownCodeResolver, CustomerResolver, SalesResolver, CourierScoreboardResolver, CourierDecisionResolver, ReconciliationResolver, LedgerResolver, OrderTraceResolver, AlertResolver, CourierHealthResolver, SystemStatusResolver, DeadLetterResolver,
  CustomerNoticeResolver, InvoiceResolver, SaleResolver, SaleTicketResolver, ReservationResolver, UnitResolver, ReservationLineResolver,
  OrderLive, OrdersLive, StockLive, SaleLive, SaleQueueLive, ReservationLive, StockAlertsLive, AlertLive, CourierHealthLive,
];
