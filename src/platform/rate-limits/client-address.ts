import type { IncomingMessage } from "node:http";
import proxyAddr from "@fastify/proxy-addr";
import ipaddr from "ipaddr.js";
import type { Settings } from "../config/config.js";

/** Whom an address limit counts. */
export interface ClientAddress {
  /** An IPv4 address, or the /64 of an IPv6 one: whoever has one address of a /64 has all. */
  readonly key: string;
  readonly exempt: boolean;
}

export type AddressSettings = Pick<Settings, "TRUSTED_PROXIES" | "RATE_LIMIT_EXEMPT">;
type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** Addresses of which the form is remembered. */
const rememberedMax = 10_000;

/**
 * Finds a request's address: the connection's own, or what trusted proxies say of whom they heard it from. Only
 * trusted hops are believed, from the connection inwards, so a header that a client made up is never reached.
 * A forwarded address is never exempt: only who connects to us directly is known to be where it seems to be.
 */
export function clientAddresses({ TRUSTED_PROXIES: trusted, RATE_LIMIT_EXEMPT: exempt }: AddressSettings): (request: IncomingMessage) => ClientAddress {
  const networks = exempt.map((text) => networkOf(text));
  const direct = remember((address) => ({ key: keyOf(address), exempt: networks.some((network) => contains(network, address)) }));
  if (trusted === undefined) return ({ socket }) => direct(socket.remoteAddress ?? "");
  const trust = typeof trusted === "number" ? (_address: string, hop: number) => hop < trusted : proxyAddr.compile(trusted);
  const forwarded = remember((address) => ({ key: keyOf(address), exempt: false }));
  return (request) => {
    const peer = request.socket.remoteAddress ?? "";
    if (request.headers["x-forwarded-for"] === undefined) return direct(peer);
    const found = proxyAddr(request, trust);
    // A trusted proxy that names no address is itself the last that is known.
    return found === peer ? direct(peer) : forwarded(ipaddr.isValid(found) ? found : peer);
  };
}

function remember(make: (address: string) => ClientAddress): (address: string) => ClientAddress {
  const known = new Map<string, ClientAddress>();
  return (address) => {
    const before = known.get(address);
    if (before) return before;
    if (known.size >= rememberedMax) known.clear();
    const made = make(address);
    known.set(address, made);
    return made;
  };
}

function keyOf(address: string): string {
  if (!ipaddr.isValid(address)) return "unknown";
  const parsed = ipaddr.process(address); // ::ffff:1.2.3.4 is 1.2.3.4
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  return `${parsed.parts.slice(0, 4).map((part) => part.toString(16)).join(":")}::/64`;
}

/** @param text a network or a single address; the settings have checked its form */
function networkOf(text: string): Network {
  if (text.includes("/")) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

function contains([base, bits]: Network, address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return parsed.kind() === base.kind() && parsed.match(base, bits);
}
