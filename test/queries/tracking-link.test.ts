import { describe, expect, it } from "@jest/globals";
import { newId } from "../../src/kernel/ids.js";
import { orderOfToken, trackingTokenOf, type LinkSettings } from "../../src/queries/shipping/public-tracking.link.js";

const settings = (...secrets: string[]): LinkSettings => ({ TRACKING_LINK_SECRET: secrets, JWT_SECRET: "the secret that checks who signs in here" });
const [before, after] = ["the secret before it was rotated, 1", "the secret after it was rotated, 22"];
const orderId = newId();

describe("a tracking link's token", () => {
  const ours = settings(before);
  const token = trackingTokenOf(ours, orderId);

  it("opens its order, is the same every time, and another one for each order", () => {
    expect(token).toMatch(/^track_[\w-]{48}$/);
    expect(orderOfToken(ours, token)).toBe(orderId);
    expect(trackingTokenOf(settings(before), orderId)).toBe(token);
    expect(trackingTokenOf(ours, newId())).not.toBe(token);
  });

  it("opens nothing where any one character is another one", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (let place = "track_".length; place < token.length; place += 1) {
      for (const other of alphabet) {
        if (other === token[place]) continue;
        expect(orderOfToken(ours, token.slice(0, place) + other + token.slice(place + 1))).toBeNull();
      }
    }
  });

  it.each([
    ["nothing", ""], ["the word alone", "track_"], ["cut", token.slice(0, -1)], ["longer", `${token}A`], ["without its word", token.slice("track_".length)],
    ["of another kind", token.replace("track", "order")], ["an order's id", `order_${orderId}`], ["padded", `${token}=`], ["huge", `track_${"A".repeat(100_000)}`],
    ["in the other alphabet", `track_${"+".repeat(48)}`], ["made for another order", trackingTokenOf(ours, newId()).slice(0, 27) + token.slice(27)],
  ])("opens nothing that is %s", (_name, given) => { expect(orderOfToken(ours, given)).toBeNull(); });

  it("of another shop opens nothing", () => {
    expect(orderOfToken(settings(after), token)).toBeNull();
    expect(orderOfToken({ ...ours, TRACKING_LINK_SECRET: undefined }, token)).toBeNull();
  });

  it("goes on opening while its secret is rotated, and new ones are made with the new one", () => {
    const rotating = settings(after, before);
    expect(orderOfToken(rotating, token)).toBe(orderId);
    expect(trackingTokenOf(rotating, orderId)).toBe(trackingTokenOf(settings(after), orderId));
    expect(orderOfToken(rotating, trackingTokenOf(rotating, orderId))).toBe(orderId);
    expect(orderOfToken(settings(after), token)).toBeNull();
  });

  it("is made with the secret of the sign-ins where there is no other, and that becomes the old one when there is", () => {
    const byDefault: LinkSettings = { TRACKING_LINK_SECRET: undefined, JWT_SECRET: before };
    expect(orderOfToken(settings(after, before), trackingTokenOf(byDefault, orderId))).toBe(orderId);
  });

  it("is not made without a secret", () => {
    expect(() => trackingTokenOf({ TRACKING_LINK_SECRET: undefined, JWT_SECRET: undefined }, orderId)).toThrow("TRACKING_LINK_SECRET");
    expect(orderOfToken({ TRACKING_LINK_SECRET: undefined, JWT_SECRET: undefined }, token)).toBeNull();
  });
});
