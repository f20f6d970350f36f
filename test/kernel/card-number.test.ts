import { describe, expect, it } from "@jest/globals";
import { holdsCardNumber } from "../../src/kernel/card-number.js";

describe("a card's number", () => {
  it.each([
    "4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "charge 378282246310005 please", "5555.5555.5555.4444",
    "6011000990139424,12/29", "4242 4242 4242 4242 12/29 123", "order 77 4242 4242 4242 4242", "4222222222222", "6304000000000000000",
  ])("is seen in %j", (text) => {
    expect(holdsCardNumber(text)).toBe(true);
  });
  it.each([
    "4242424242424241", "pm_card_visa", "changed my mind", "424242424242", "0192f3b4-7c1e-7abc-8def-0123456789ab", "+49 170 1234567", "4242 4242 4242",
    "42424242424242424242424242424242", "",
  ])("is not seen in %j", (text) => {
    expect(holdsCardNumber(text)).toBe(false);
  });
});
