import type { Outside } from "../../platform/outside/outside.js";
import type { TellingProvider } from "./payment-port.js";

/** The same provider, each of its calls by the one way to it. Closing it closes the way too. */
export function guarded(provider: TellingProvider, outside: Outside): TellingProvider {
  return {
    name: provider.name,
    provider: provider.provider,
    keyKeptSeconds: provider.keyKeptSeconds,
    authorize: (request) => outside.call(() => provider.authorize(request)),
    capture: (request) => outside.call(() => provider.capture(request)),
    void: (request) => outside.call(() => provider.void(request)),
    refund: (request) => outside.call(() => provider.refund(request)),
    retrieve: (providerReference) => outside.call(() => provider.retrieve(providerReference)),
    find: (paymentId) => outside.call(() => provider.find(paymentId)),
    list: (request) => outside.call(() => provider.list(request)),
    verify: (rawBody, headers, nowMs) => provider.verify(rawBody, headers, nowMs),
    parseWebhook: (rawBody, headers, nowMs) => provider.parseWebhook(rawBody, headers, nowMs),
    close() {
      outside.close();
      provider.close();
    },
  };
}
