import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Costs, Policy } from "../commands/shipping/choice/policy.js";
import type { Pickup } from "../commands/shipping/market/market-settings.js";
import { ConfigurationError } from "../platform/config/config.js";
import { plainWords } from "../platform/config/plain-words.js";

const minor = z.number().int().min(0).max(1_000_000_000);
const share = z.number().min(0).max(1);
const country = z.string().regex(/^[A-Z]{2}$/, "must be a country's ISO 3166-1 code, e.g. DE");
/** Neighbours' names are one list: breakers and limits go by them. */
const namesTaken: ReadonlySet<string> = new Set(["payments", "stripe"]);
const courierName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, "must be small letters, digits, - and _, at most 40")
  .refine((name) => !namesTaken.has(name), "is the payment provider's name");
const envName = z.string().regex(/^[A-Z][A-Z0-9_]*$/, "must be the NAME of an environment variable: secrets do not stand in this file");
const millimetres = z.number().int().positive().max(100_000);
const url = z.url({ protocol: /^https?$/, error: "must be an http(s) URL" }).transform((text) => text.replace(/\/+$/, ""));

const costs = z.strictObject({ lateDayMinor: minor, failureMinor: minor, bookingFailureMinor: minor });
const weights = z.strictObject({ price: z.number().min(0).max(1_000), dayMinor: minor, lateDayMinor: minor, failureMinor: minor, bookingFailureMinor: minor });

/** What the costs of late days and failures are while the shop names none: those that docs/performance.md was measured with. */
export const usualCosts: Costs = { lateDayMinor: 250, failureMinor: 4_000, bookingFailureMinor: 20 };
export const usualPolicy: Policy = { kind: "balanced", costs: usualCosts };

const policy = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("cheapest") }),
  z.strictObject({ kind: z.literal("fastest"), costs: costs.default(usualCosts) }),
  z.strictObject({ kind: z.literal("balanced"), costs: costs.default(usualCosts) }),
  z.strictObject({ kind: z.literal("own"), weights }),
], { error: "must be cheapest, fastest, balanced or own" });

const rules = z.strictObject({
  never: z.array(z.strictObject({
    courier: courierName, service: z.string().min(1).max(100).optional(),
    region: z.string().regex(/^(\*|[A-Z]{2}(-[0-9A-Z]{1,3})?)$/, "must be a region: DE, DE-1, or *"),
  })).max(1_000).default([]),
  shareMax: z.record(courierName, share).default({}),
  capacityPerDay: z.record(courierName, z.number().int().min(0).max(10_000_000)).default({}),
});

const service = z.strictObject({
  weightMaxGrams: z.number().int().positive().optional(),
  sizeMaxMm: z.tuple([millimetres, millimetres, millimetres]).optional(),
  cashOnDeliveryMaxMinor: minor.optional(),
  countries: z.array(country).min(1).max(250).optional(),
  priceMinor: minor.optional(),
  promisedDays: z.number().int().min(0).max(60).optional(),
});

const everyDay = [1, 2, 3, 4, 5, 6, 0];
const common = {
  id: courierName,
  apiKeyEnv: envName,
  webhookSecretsEnv: envName,
  callsMax: z.number().int().min(1).max(1_000).default(16),
  callsPerSecond: z.number().int().min(0).max(10_000).default(0),
  pickupCutoff: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of the day, e.g. 16:30, or null").nullable().default(null),
  pickupWeekdays: z.array(z.number().int().min(0).max(6)).min(1).max(7).default(everyDay),
  services: z.record(z.string().min(1).max(100), service).default({}),
  breaker: z.strictObject({
    failureRate: z.number().gt(0).lt(1).optional(), windowMs: z.number().int().positive().optional(), callsMin: z.number().int().positive().optional(),
    failuresInRow: z.number().int().min(0).optional(), probes: z.number().int().min(1).max(100).optional(),
    slowMs: z.number().int().positive().optional(), openMs: z.number().int().positive().optional(), openMaxMs: z.number().int().positive().optional(),
  }).default({}),
};

const sender = z.strictObject({
  name: z.string().min(1), street: z.string().min(1), city: z.string().min(1), postalCode: z.string(), country,
  state: z.string().min(1).optional(), phone: z.string().min(1).optional(), email: z.string().min(1).optional(),
});
const customs = z.strictObject({ signer: z.string().min(1), description: z.string().min(1), hsTariffNumber: z.string().min(1), originCountry: country, valueMinor: minor });

const courier = z.discriminatedUnion("kind", [
  z.strictObject({ ...common, kind: z.literal("http"), baseUrl: url }),
  z.strictObject({
    ...common, kind: z.literal("easypost"), baseUrl: url.optional(), from: sender,
    customs: customs.optional(), carrierAccounts: z.array(z.string().min(1)).min(1).optional(),
  }),
], { error: "must be http or easypost" });

const couriersFile = z.strictObject({
  policy: policy.default({ kind: "balanced", costs: usualCosts }),
  rules: rules.default({ never: [], shareMax: {}, capacityPerDay: {} }),
  deadline: z.strictObject({ days: z.number().int().min(0).max(60), strict: z.boolean() }).nullable().default(null),
  explore: z.boolean().default(true),
  couriers: z.array(courier).min(1).max(50),
});

export type CouriersFile = z.infer<typeof couriersFile>;
export type CourierEntry = CouriersFile["couriers"][number];

/** The file that COURIERS_FILE names. @throws ConfigurationError naming every mistake by its path */
export function readCouriersFile(path: string): CouriersFile {
  return parseCouriersFile(readJson(path), path);
}

/** @param path as it is told in mistakes */
export function parseCouriersFile(content: unknown, path: string): CouriersFile {
  const parsed = couriersFile.safeParse(content, { error: plainWords });
  const problems = parsed.success ? contradictions(parsed.data) : parsed.error.issues.map(({ path: place, message }) => `${z.core.toDotPath(place) || "the file"}: ${message}`);
  if (problems.length > 0 || !parsed.success) throw new ConfigurationError(problems.map((problem) => `COURIERS_FILE ${path}: ${problem}`));
  return parsed.data;
}

export function pickupOf({ pickupCutoff, pickupWeekdays: weekdays }: Pick<CourierEntry, "pickupCutoff" | "pickupWeekdays">): Pickup {
  if (pickupCutoff === null) return { cutoffMinutes: null, weekdays };
  return { cutoffMinutes: Number(pickupCutoff.slice(0, 2)) * 60 + Number(pickupCutoff.slice(3)), weekdays };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new ConfigurationError([`COURIERS_FILE ${path}: ${error instanceof SyntaxError ? "is no JSON: " : "cannot be read: "}${(error as Error).message}`]);
  }
}

/** What is wrong together: rules that name nobody. */
function contradictions({ couriers, rules: { never, shareMax, capacityPerDay } }: CouriersFile): string[] {
  const ids = new Set(couriers.map(({ id }) => id));
  const doubled = couriers.filter(({ id }, index) => couriers.findIndex((other) => other.id === id) < index);
  const named = [
    ...never.map(({ courier: id }, index) => [`rules.never[${index}].courier`, id] as const),
    ...Object.keys(shareMax).map((id) => [`rules.shareMax.${id}`, id] as const),
    ...Object.keys(capacityPerDay).map((id) => [`rules.capacityPerDay.${id}`, id] as const),
  ];
  return [
    ...doubled.map(({ id }) => `couriers: two are called ${id}`),
    ...named.filter(([, id]) => !ids.has(id)).map(([place, id]) => `${place}: there is no courier ${id}`),
  ];
}
