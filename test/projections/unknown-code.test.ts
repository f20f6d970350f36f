import { describe, expect, it } from "@jest/globals";
import type { ShipmentEvent, ShipmentTracked } from "../../src/events/shipping.js";
import { unknownCode } from "../../src/projections/shipping/unknown-code.projection.js";
import { foldBothWays, minute, recorded } from "./in-memory.js";

const scan = (shipmentId: string, courierId: string, rawCode: string, status: ShipmentTracked["status"], at: number): ShipmentTracked => ({
  type: "ShipmentTracked", shipmentId, orderId: `order of ${shipmentId}`, courierId, trackingCode: "T", status, currentStatus: status, milestone: null,
  reasonCode: null, rawCode, scanId: `${rawCode}@${String(at)}`, city: null, occurredAt: minute(at),
});
const rowsAfter = (...events: ShipmentEvent[]) => foldBothWays(unknownCode, recorded("shipment", ({ shipmentId }: ShipmentEvent) => shipmentId, events));

describe("words that have no meaning", () => {
  it("have a row each courier and word, with their number and the latest parcel", () => {
    const rows = rowsAfter(
      scan("p1", "swift", "XQ17", "unknown", 1), scan("p1", "swift", "PICKED_UP", "in_transit", 2), scan("p2", "swift", "XQ17", "unknown", 3), scan("p2", "comet", "XQ17", "unknown", 4),
    );
    expect(Object.keys(rows).sort()).toEqual(["comet/XQ17", "swift/XQ17"]);
    expect(rows["swift/XQ17"]).toMatchObject({ courierId: "swift", rawCode: "XQ17", times: 2, shipmentId: "p2" });
    expect(rows["swift/XQ17"]!.firstSeenAt < rows["swift/XQ17"]!.lastSeenAt).toBe(true);
  });
});
