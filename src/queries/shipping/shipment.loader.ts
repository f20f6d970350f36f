import type DataLoader from "dataloader";
import type { RequestContext } from "../../platform/http/request-context.js";
import { childrenLoader } from "../../platform/http/row-loader.js";
import type { ShipmentCardRow } from "../../projections/shipping/shipment-card.projection.js";
import { shipmentCardTable } from "../../projections/shipping/shipment-card.table.js";

/** The parcels of an order. */
export function shipmentsOfOrderLoader(context: RequestContext): DataLoader<string, readonly ShipmentCardRow[]> {
  return childrenLoader<ShipmentCardRow>(context, shipmentCardTable, "orderId");
}
