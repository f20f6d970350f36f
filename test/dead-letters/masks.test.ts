import { describe, expect, it } from "@jest/globals";
import { maskBody, maskData, maskHeaders, maskText } from "../../src/platform/dead-letters/mask.js";

describe("what is shown of a dead letter", () => {
  it.each([
    ["declined for ann.lee+shop@mail.example.com", "declined for ‹e-mail›"],
    ["card 4242 4242 4242 4242 and 4242424242424242", "card ‹number› and ‹number›"],
    ["token pm_1NxYzAbC, key sk_test_4eC39HqLyjWD, whsec_MfKQ9r8", "token ‹secret›, key ‹secret›, ‹secret›"],
    ["pi_3Nx_secret_9aB", "‹secret›"],
    ["Authorization: Bearer abcdefghijkl", "Authorization: Bearer ‹secret›"],
    ["postgres://app:hunter2@db/x", "postgres://‹secret›@db/x"],
    ["eyJhbGciOi.eyJzdWIi.c2ln", "‹token›"],
  ])("hides in %s what is nobody's business", (text, masked) => { expect(maskText(text)).toBe(masked); });

  it("leaves what it takes to find things", () => {
    const text = "order-01930b1c-7b1e-7c3a-8a55-0242ac120002 #3 waits since 2026-11-21T09:43:08.123Z, 1234567 cents, pi_3NxYz, re_1";
    expect(maskText(text)).toBe(text);
    expect(maskData({ streamId: "order-1", version: 3, tags: ["a@b.example"], none: null })).toEqual({ streamId: "order-1", version: 3, tags: ["‹e-mail›"], none: null });
  });

  it("shows of a webhook its shape, and words only under names that are known to be harmless", () => {
    const body = {
      id: "evt_1", type: "payment_intent.succeeded", created: 1_700_000_000, livemode: false,
      data: { object: { id: "pi_1", amount: 1999, currency: "eur", payment_method: "pm_1NxYzAbC", client_secret: "pi_1_secret_x", receipt_email: "ann@example.com",
        billing_details: { name: "Ann Lee", phone: 4915112345678, address: { city: "Ulm", lines: ["1 Mill Lane"] } }, metadata: { "ann@example.com": "yes", orderId: "o1" } } },
    };
    const shown = maskBody(JSON.stringify(body));
    expect(JSON.parse(shown)).toEqual({
      id: "evt_1", type: "payment_intent.succeeded", created: 1_700_000_000, livemode: false,
      data: { object: { id: "pi_1", amount: 1999, currency: "eur", payment_method: "‹11 characters›", client_secret: "‹13 characters›", receipt_email: "‹15 characters›",
        billing_details: { name: "‹7 characters›", phone: "‹number›", address: { city: "‹3 characters›", lines: ["‹11 characters›"] } }, metadata: { "‹name 1›": "‹3 characters›", orderId: "o1" } } },
    });
    expect(maskBody(JSON.stringify({ id: "4242424242424242", amount: 4_242_424_242_424_242 }))).not.toContain("4242");
  });

  it("bounds what is sent by whoever", () => {
    expect(maskBody("name=Ann&card=4242")).toBe("‹18 characters that are not JSON›");
    expect(maskBody("x".repeat(1_000_001))).toMatch(/too many/);
    expect(maskBody(`${"[".repeat(5_000)}${"]".repeat(5_000)}`)).toContain("‹too deep›");
    expect(maskBody(JSON.stringify(Array.from({ length: 200 }, () => ({ id: "y".repeat(300) })))).length).toBeLessThan(20_100);
  });

  it("shows of headers the names", () => {
    expect(maskHeaders({ "content-type": "application/json", "stripe-signature": "t=1,v1=abc", "x-forwarded-for": "10.0.0.1" })).toEqual([
      { name: "content-type", value: "application/json" }, { name: "stripe-signature", value: "‹masked›" }, { name: "x-forwarded-for", value: "‹masked›" },
    ]);
  });
});
