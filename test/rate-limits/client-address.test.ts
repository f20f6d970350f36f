import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "@jest/globals";
import { clientAddresses } from "../../src/platform/rate-limits/client-address.js";
import { readSettings } from "../../src/platform/config/config.js";

/** What a request from `peer` counts as, with what the proxies in front have put into X-Forwarded-For. */
function addressOf(environment: Record<string, string>, peer: string, forwardedFor?: string) {
  const headers = forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor };
  return clientAddresses(readSettings(environment))({ socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage);
}

describe("the address of a request", () => {
  it("is the connection's own", () => {
    expect(addressOf({}, "203.0.113.7")).toEqual({ key: "203.0.113.7", exempt: false });
    expect(addressOf({}, "::ffff:203.0.113.7").key).toBe("203.0.113.7");
  });

  it("is a /64 of IPv6, however it is written", () => {
    for (const peer of ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:0db8:0000:0001::3"]) expect(addressOf({}, peer).key).toBe("2001:db8:0:1::/64");
    expect(addressOf({}, "2001:db8:0:2::1").key).not.toBe("2001:db8:0:1::/64");
  });

  it("is not what a client makes up", () => {
    expect(addressOf({}, "203.0.113.7", "198.51.100.1").key).toBe("203.0.113.7");
    expect(addressOf({ TRUSTED_PROXIES: "10.0.0.0/8" }, "203.0.113.7", "198.51.100.1").key).toBe("203.0.113.7");
  });

  it("is what the last trusted proxy heard, whatever stands before it", () => {
    const environment = { TRUSTED_PROXIES: "10.0.0.0/8, fd00::/8" };
    expect(addressOf(environment, "10.0.0.1", "203.0.113.7").key).toBe("203.0.113.7");
    expect(addressOf(environment, "10.0.0.1", "198.51.100.1, 203.0.113.7, 10.0.0.2").key).toBe("203.0.113.7");
    expect(addressOf(environment, "fd00::1", "127.0.0.1, 2001:db8::1")).toEqual({ key: "2001:db8:0:0::/64", exempt: false });
  });

  it("is counted back from the connection where proxies are given by their number", () => {
    expect(addressOf({ TRUSTED_PROXIES: "1" }, "192.0.2.1", "198.51.100.1, 203.0.113.7").key).toBe("203.0.113.7");
    expect(addressOf({ TRUSTED_PROXIES: "2" }, "192.0.2.1", "198.51.100.1, 203.0.113.7").key).toBe("198.51.100.1");
    expect(addressOf({ TRUSTED_PROXIES: "0" }, "192.0.2.1", "198.51.100.1").key).toBe("192.0.2.1");
  });

  it("is the proxy's own where it names none", () => {
    for (const text of ["unknown", "", "203.0.113.7:4711", "<script>"]) expect(addressOf({ TRUSTED_PROXIES: "10.0.0.0/8" }, "10.0.0.1", text).key).toBe("10.0.0.1");
  });
});

describe("the exemption", () => {
  it("is loopback's by default", () => {
    for (const peer of ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]) expect(addressOf({}, peer).exempt).toBe(true);
    expect(addressOf({}, "10.0.0.1").exempt).toBe(false);
  });

  it("can be given to others, or to nobody", () => {
    const environment = { RATE_LIMIT_EXEMPT: "10.1.0.0/16,192.0.2.9" };
    expect(["10.1.2.3", "192.0.2.9", "192.0.2.8", "127.0.0.1"].map((peer) => addressOf(environment, peer).exempt)).toEqual([true, true, false, false]);
    expect(addressOf({ RATE_LIMIT_EXEMPT: "none" }, "127.0.0.1").exempt).toBe(false);
  });

  it("is never a forwarded address's", () => {
    expect(addressOf({ TRUSTED_PROXIES: "127.0.0.1" }, "127.0.0.1", "203.0.113.7").exempt).toBe(false);
    // One proxy too many was trusted: a client may then name any address, but not slip out of the limit.
    expect(addressOf({ TRUSTED_PROXIES: "2" }, "127.0.0.1", "127.0.0.2, 203.0.113.7").exempt).toBe(false);
    expect(addressOf({ RATE_LIMIT_EXEMPT: "10.1.0.0/16", TRUSTED_PROXIES: "1" }, "127.0.0.1", "10.1.2.3").exempt).toBe(false);
  });
});

describe("its settings", () => {
  it.each([
    { TRUSTED_PROXIES: "nginx" }, { TRUSTED_PROXIES: "10.0.0.0/33" }, { TRUSTED_PROXIES: "11" }, { TRUSTED_PROXIES: "-1" }, { RATE_LIMIT_EXEMPT: "localhost" },
  ])("refuse $TRUSTED_PROXIES$RATE_LIMIT_EXEMPT", (environment) => {
    expect(() => readSettings(environment as Record<string, string>)).toThrow(/TRUSTED_PROXIES|RATE_LIMIT_EXEMPT/);
  });
});
