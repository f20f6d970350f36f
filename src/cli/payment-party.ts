import { guarded } from "../gateways/payments/guarded-payments.js";
import type { TellingProvider } from "../gateways/payments/payment-port.js";
import { StripePayments } from "../gateways/payments/stripe-payments.js";
import { ConfigurationError, type Settings } from "../platform/config/config.js";
import { Outside, type OutsideOptions } from "../platform/outside/outside.js";
import type { Deployment } from "./deployment.js";
import { partyOf, type OutsideParty } from "./outside-party.js";

const stripeUrl = "https://api.stripe.com";
/** Stripe's test card that always works: what a simulator is paid with where nobody says otherwise. */
const testCard = "pm_card_visa";

/** The provider at PAYMENT_API_URL, Stripe itself without one. At Stripe nothing is charged that no buyer handed in. */
export function paymentPartyOf({ PAYMENT_API_URL: url = stripeUrl, PAYMENT_API_KEY, PAYMENT_WEBHOOK_SECRET, PAYMENT_METHOD_DEFAULT }: Settings): OutsideParty {
  const party = partyOf(url, PAYMENT_API_KEY, PAYMENT_WEBHOOK_SECRET);
  return { ...party, paymentMethodDefault: PAYMENT_METHOD_DEFAULT ?? (party.baseUrl === stripeUrl ? undefined : testCard) };
}

/** Without a server's settings: the provider where a key names one, null where a simulator stands in. @throws ConfigurationError */
export function realPaymentParty(settings: Settings): OutsideParty | null {
  const { PAYMENT_API_KEY: key, PAYMENT_WEBHOOK_SECRET: secret } = settings;
  if (key === undefined) return null;
  if (secret === undefined) throw new ConfigurationError(["PAYMENT_WEBHOOK_SECRET: needed beside PAYMENT_API_KEY, to check the provider's webhooks"]);
  return paymentPartyOf(settings);
}

/** A simulator in this process. */
export function simulatedPaymentParty(baseUrl: string, apiKey: string, webhookSecret: string, { PAYMENT_METHOD_DEFAULT = testCard }: Settings): OutsideParty {
  return { baseUrl, apiKey, webhookSecrets: [webhookSecret], paymentMethodDefault: PAYMENT_METHOD_DEFAULT };
}

/** For checking and reading webhooks. Whoever calls it uses `guardedPaymentProvider`. */
export function paymentProvider({ payment, settings }: Pick<Deployment, "payment" | "settings">): TellingProvider {
  return new StripePayments({ ...payment, timeoutMs: settings.PAYMENT_TIMEOUT_MS, socketsMax: settings.PAYMENT_CALLS_MAX });
}

/** For calls: within the limits of the settings, all of them by one way. Once a process; without a shared breaker it judges alone. */
export function guardedPaymentProvider(deployment: Deployment, told: Pick<OutsideOptions, "shared" | "onLockedOut"> = {}): TellingProvider {
  const { settings, redisUrl, registry, logger } = deployment;
  const provider = paymentProvider(deployment);
  return guarded(provider, new Outside({
    party: provider.name, registry, logger, redisUrl, ...told,
    // A call that takes half of what is allowed is on its way to fail.
    breaker: { slowMs: settings.PAYMENT_TIMEOUT_MS / 2 },
    callsMax: settings.PAYMENT_CALLS_MAX, callsPerSecond: settings.PAYMENT_CALLS_PER_SECOND,
  }));
}
