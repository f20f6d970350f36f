/** What free text may hold by accident: whose it is, and what opens a door. */
const secrets: readonly (readonly [RegExp, string])[] = [
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, "‹e-mail›"],
  [/\b(?:sk|rk|pk|pm|tok|card|src|seti|whsec|ek)_[A-Za-z0-9_+/=-]{4,}/g, "‹secret›"],
  [/\b[A-Za-z]{2}_[A-Za-z0-9]+_secret_[A-Za-z0-9]+/g, "‹secret›"],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, "‹token›"],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, "$1 ‹secret›"],
  [/(?<=:\/\/)[^\s/@:]+:[^\s/@]+(?=@)/g, "‹secret›"],
  [/(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])/g, "‹number›"],
];

export function maskText(text: string): string {
  return secrets.reduce((masked, [pattern, put]) => masked.replace(pattern, put), text);
}

/** Every text in a job's data; data names things by id and has nothing else to hide, so the rest is shown. */
export function maskData(value: unknown): unknown {
  if (typeof value === "string") return maskText(value);
  if (Array.isArray(value)) return value.map(maskData);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, maskData(part)]));
}

/** Names under which a sender's word or number is neither personal nor secret. Others show only that something is there. */
const plainNames = new Set([
  "id", "object", "type", "status", "created", "livemode", "api_version", "pending_webhooks", "currency", "amount", "amount_captured",
  "amount_received", "amount_capturable", "amount_refunded", "fee", "net", "code", "decline_code", "payment_intent", "charge", "latest_charge", "refund",
  "dispute", "balance_transaction", "capture_method", "cancellation_reason", "orderId", "paymentId", "shipmentId", "parcelId", "order_id", "payment_id",
  "attempt", "purpose", "eventId", "event", "kind", "at", "sequence", "trackingCode", "weightGrams", "version",
]);
const plainHeaders = new Set(["accept", "content-length", "content-type", "date", "host", "user-agent", "x-request-id", "request-id"]);
/** A field's name, as programs choose them; what is not one may be data itself. */
const fieldName = /^[A-Za-z_][\w.-]{0,63}$/;
const depthMax = 12;
const entriesMax = 200;

export function maskHeaders(headers: Readonly<Record<string, unknown>>): readonly { readonly name: string; readonly value: string }[] {
  return Object.entries(headers).map(([name, value]) => ({ name, value: plainHeaders.has(name.toLowerCase()) ? maskText(String(value)) : "‹masked›" }));
}

const bodyReadMax = 1_000_000;
const bodyShownMax = 20_000;

/** A webhook's body with its shape left and its words masked, unless they stand under a name that is known to be harmless. */
export function maskBody(body: string): string {
  if (body.length > bodyReadMax) return `‹${String(body.length)} characters, too many to look into›`;
  try {
    const shown = JSON.stringify(maskPart(JSON.parse(body), null, 0), null, 2);
    return shown.length > bodyShownMax ? `${shown.slice(0, bodyShownMax)}\n‹cut after ${String(bodyShownMax)} characters›` : shown;
  } catch {
    return `‹${String(body.length)} characters that are not JSON›`;
  }
}

function maskPart(value: unknown, name: string | null, depth: number): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "object" && depth >= depthMax) return "‹too deep›";
  if (Array.isArray(value)) return value.slice(0, entriesMax).map((part) => maskPart(part, name, depth + 1));
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).slice(0, entriesMax).map(([key, part], place) =>
      [fieldName.test(key) ? key : `‹name ${String(place + 1)}›`, maskPart(part, key, depth + 1)]));
  }
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (name !== null && plainNames.has(name)) return typeof value === "number" && maskText(text) === text ? value : maskText(text);
  return typeof value === "number" ? "‹number›" : `‹${String(text.length)} characters›`;
}
