/** Somebody outside who is called and who sends webhooks. */
export interface OutsideParty {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Valid ones; two while one is being rotated. */
  readonly webhookSecrets: readonly string[];
  /** What a payment provider charges where the buyer handed in nothing; without one such a payment is declined. */
  readonly paymentMethodDefault?: string | undefined;
}

/** @param secrets separated by commas */
export function partyOf(baseUrl = "", apiKey = "", secrets = ""): OutsideParty {
  return { baseUrl: baseUrl.replace(/\/$/, ""), apiKey, webhookSecrets: secrets.split(",").map((secret) => secret.trim()).filter(Boolean) };
}
