import { describe, it } from "@jest/globals";
import { productDecider } from "../../src/commands/catalog/product.decider.js";
import { customerDecider } from "../../src/commands/customers/customer.decider.js";
import { receiptDecider } from "../../src/commands/inventory/receipt.decider.js";
import { alertDecider, type AlertCommand } from "../../src/commands/operations/alert.decider.js";
import type { AlertEvent } from "../../src/events/operations.js";
import { nameId } from "../../src/kernel/ids.js";
import { specification } from "../support/specification.js";

describe("a product", () => {
  const given = specification(productDecider);
  const tea = { sku: "TEA", name: "Tea", priceMinor: 799, currency: "EUR", weightGrams: 120, taxBasisPoints: 700 };
  it("is what was said of it last", () => {
    given().when({ type: "UpsertProduct", ...tea }).then({ type: "ProductUpserted", ...tea });
    given({ type: "ProductUpserted", ...tea }).when({ type: "UpsertProduct", ...tea, priceMinor: 899 }).then({ type: "ProductUpserted", ...tea, priceMinor: 899 });
  });
  it("has a size, is measured again, and loses its size where it is said to have none", () => {
    const sizeMm = [160, 80, 60] as const;
    given({ type: "ProductUpserted", ...tea }).when({ type: "UpsertProduct", ...tea, sizeMm }).then({ type: "ProductUpserted", ...tea, sizeMm });
    given({ type: "ProductUpserted", ...tea, sizeMm }).when({ type: "UpsertProduct", ...tea, sizeMm }).thenNothing();
    given({ type: "ProductUpserted", ...tea, sizeMm }).when({ type: "UpsertProduct", ...tea, sizeMm: [160, 80, 61] }).then({ type: "ProductUpserted", ...tea, sizeMm: [160, 80, 61] });
    given({ type: "ProductUpserted", ...tea, sizeMm }).when({ type: "UpsertProduct", ...tea, sizeMm: null }).then({ type: "ProductUpserted", ...tea });
  });
  it("does not change by saying the same again", () => given({ type: "ProductUpserted", ...tea }).when({ type: "UpsertProduct", ...tea }).thenNothing());
});

describe("a receipt", () => {
  const given = specification(receiptDecider);
  const stock = [{ sku: "TEA", onHandDelta: 5, reservedDelta: 0, onHand: 5, reserved: 0, version: 1 }];
  it("comes in once", () => {
    given().when({ type: "ReceiveStock", receiptId: "r1", stock }).then({ type: "StockReceived", receiptId: "r1", stock });
    given({ type: "StockReceived", receiptId: "r1", stock }).when({ type: "ReceiveStock", receiptId: "r1", stock }).thenNothing();
  });
});

describe("a customer", () => {
  const given = specification(customerDecider);
  const customerId = "c1";
  const register = { type: "RegisterDetails", customerId } as const;
  const erase = { type: "Erase", customerId } as const;
  const registered = { type: "CustomerRegistered", customerId } as const;
  const erased = { type: "CustomerErased", customerId } as const;
  it("registers, and changes details", () => {
    given().when(register).then(registered);
    given(registered).when(register).then({ type: "CustomerDetailsChanged", customerId });
  });
  it("is forgotten once", () => {
    given(registered).when(erase).then(erased);
    given(registered, erased).when(erase).thenNothing();
    given().when(erase).thenNothing();
  });
  it("who comes back is registered anew", () => given(registered, erased).when(register).then(registered));
});

describe("an alert", () => {
  const given = specification(alertDecider);
  const details = { courierId: "swift" };
  const raise = (now: string): AlertCommand => ({ type: "Raise", key: "courier_down:swift", severity: "critical", message: "down", details, now });
  const alertId = (generation: number): string => nameId("alert", "courier_down:swift", String(generation));
  const raised = (at: string, generation = 1): AlertEvent => ({ type: "AlertRaised", alertId: alertId(generation), key: "courier_down:swift", severity: "critical", message: "down", details, at });
  const seen: AlertEvent = { type: "AlertAcknowledged", alertId: alertId(1), by: "op" };
  const over: AlertEvent = { type: "AlertResolved", alertId: alertId(1), by: "op" };
  it("is raised once while it is open, and counted at most once a minute", () => {
    given().when(raise("2026-01-01T09:00:00Z")).then(raised("2026-01-01T09:00:00Z"));
    given(raised("2026-01-01T09:00:00Z")).when(raise("2026-01-01T09:00:59Z")).thenNothing();
    given(raised("2026-01-01T09:00:00Z")).when(raise("2026-01-01T09:01:00Z")).then({ type: "AlertRepeated", alertId: alertId(1), count: 2, at: "2026-01-01T09:01:00Z" });
  });
  it("is seen once and resolved once", () => {
    given(raised("2026-01-01T09:00:00Z")).when({ type: "Acknowledge", by: "op" }).then(seen);
    given(raised("2026-01-01T09:00:00Z"), seen).when({ type: "Acknowledge", by: "op" }).thenNothing();
    given(raised("2026-01-01T09:00:00Z"), seen).when({ type: "Resolve", by: "op" }).then(over);
    given(raised("2026-01-01T09:00:00Z"), over).when({ type: "Resolve", by: "op" }).thenNothing();
  });
  it("is a new one after it was resolved", () =>
    given(raised("2026-01-01T09:00:00Z"), over).when(raise("2026-01-01T09:00:01Z")).then(raised("2026-01-01T09:00:01Z", 2)));
  it("that nobody raised cannot be seen or resolved", () => {
    given().when({ type: "Acknowledge", by: "op" }).refuses("ALERT_UNKNOWN");
    given().when({ type: "Resolve", by: "op" }).refuses("ALERT_UNKNOWN");
  });
});
