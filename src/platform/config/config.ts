import { z } from "zod";
import { isCurrency } from "../../kernel/money.js";
import { plainWords } from "./plain-words.js";

const port = z.coerce.number().int().min(0).max(65_535);
const positive = z.coerce.number().int().positive();
const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//, "must be a postgres:// URL");
const listOf = (text: string): string[] => text.split(",").map((part) => part.trim()).filter(Boolean);
const sizeWords = "must be three whole millimetres, e.g. 1200x600x600";
const side = z.number(sizeWords).int(sizeWords).positive(sizeWords);
const sizeMm = z.string().transform((text) => text.split("x").map(Number).sort((one, two) => two - one)).pipe(z.tuple([side, side, side], sizeWords));
const rate = z.coerce.number().int().min(0);
const network = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], "must be IP addresses or networks (10.0.0.0/8), separated by commas");
const isTimeZone = (name: string): boolean => Intl.supportedValuesOf("timeZone").includes(name) || name === "UTC";
const hopsMax = 10;
const urlList = z.string().transform(listOf).pipe(z.array(postgresUrl).min(1));

/** Every setting: its name in the environment, its form, its default. `.env.example` says what each is for. */
export const settingsSchema = z.object({
  NODE_ENV: z.enum(["development", "test", "production"]).default("development"),
  PORT: port.default(4000),
  OPERATIONS_PORT: port.default(0),
  HOST: z.string().min(1).default("127.0.0.1"),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),

  DATABASE_URL: postgresUrl.optional(),
  DATABASE_ADMIN_URL: postgresUrl.optional(),
  READ_DATABASE_URLS: urlList.optional(),
  READ_DATABASE_ADMIN_URLS: urlList.optional(),
  REPLICATION_URL: postgresUrl.optional(),
  REDIS_URL: z.string().regex(/^rediss?:\/\//, "must be a redis:// URL").optional(),
  MILLRACE_DATA_DIR: z.string().min(1).default(".millrace"),

  JWT_SECRET: z.string().min(32, "must have at least 32 characters").optional(),
  JWKS_URL: z.url().optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  TRACKING_LINK_SECRET: z.string().transform(listOf)
    .pipe(z.array(z.string().min(32, "each must have at least 32 characters")).min(1).max(2, "two are the most: the new one, and the old one while it is rotated")).optional(),

  PAYMENT_API_URL: z.url().optional(),
  PAYMENT_API_KEY: z.string().min(1).optional(),
  PAYMENT_WEBHOOK_SECRET: z.string().min(1).optional(),
  PAYMENT_METHOD_DEFAULT: z.string().min(1).optional(),
  PAYMENT_TIMEOUT_MS: positive.default(10_000),
  PAYMENT_CALLS_MAX: positive.max(1_000).default(32),
  PAYMENT_CALLS_PER_SECOND: rate.default(0),
  PAYMENT_ASK_SECONDS: z.string().default("300,3600,86400,86400,86400,86400,86400").transform((text) => listOf(text).map(Number)).pipe(z.array(z.number().int().positive()).min(1)),
  PAYMENT_RETRY_SECONDS: rate.default(600),
  CAPTURE_ON: z.enum(["order", "shipment"]).default("order"),
  BANK_TRANSFER_DAYS: positive.max(60).default(7),
  HOLD_CALL_OFF_SECONDS: rate.default(0),
  RETURN_REFUND: z.enum(["inspection", "arrival", "never"]).default("inspection"),
  RECONCILE_CRON: z.string().min(1).default("30 3 * * *"),
  COURIER_API_URL: z.url().optional(),
  COURIER_API_KEY: z.string().min(1).optional(),
  COURIER_WEBHOOK_SECRET: z.string().min(1).optional(),
  COURIERS_FILE: z.string().min(1).optional(),
  RATE_TIMEOUT_MS: positive.max(60_000).default(1_500),
  BOOK_TIMEOUT_MS: positive.max(60_000).default(2_000),

  TRACKING_SILENCE_SECONDS: z.coerce.number().positive().default(21_600),
  TRACKING_SILENCE_MAX_SECONDS: z.coerce.number().positive().default(172_800),
  TRACKING_POLL_MAX_SECONDS: z.coerce.number().positive().default(86_400),
  UNKNOWN_PARCEL_SECONDS: rate.default(3_600),
  LOST_AFTER_DAYS: z.coerce.number().positive().default(14),
  UNSCANNED_HOURS: z.coerce.number().positive().default(24),
  DELIVERY_ATTEMPTS_MAX: positive.max(100).default(3),

  SHOP_CURRENCY: z.string().refine(isCurrency, "must be the ISO 4217 code of a currency, e.g. EUR").default("EUR"),
  SHOP_TIME_ZONE: z.string().refine(isTimeZone, "must be a time zone's name, e.g. Europe/Berlin").default("UTC"),
  SHOP_NAME: z.string().min(1).default("Millrace shop"),
  SHOP_ADDRESS: z.string().min(1).default("1 Mill Lane, 1010 Springfield"),
  SHOP_TAX_ID: z.string().optional(),
  SHIPPING_BASE_MINOR: z.coerce.number().int().min(0).default(490),
  SHIPPING_PER_KG_MINOR: z.coerce.number().int().min(0).default(50),
  SHIPPING_TAX_BASIS_POINTS: z.coerce.number().int().min(0).max(10_000).default(0),
  PARCEL_MAX_GRAMS: positive.default(30_000),
  PARCEL_MAX_MM: sizeMm.default([1_200, 600, 600]),
  RESERVATION_SECONDS: positive.max(86_400).default(600),
  PAYMENT_DEADLINE_SECONDS: positive.default(1_800),
  JOB_RESCUE_SECONDS: positive.max(60).default(5),
  SWEEP_MS: positive.default(1_000),
  INVARIANT_EVERY_MS: positive.default(5_000),
  SIMULATION_SPEED: z.coerce.number().positive().default(20_000),

  PRIMARY_POOL_SIZE: positive.max(200).default(10),
  READ_POOL_SIZE: positive.max(200).default(10),
  LANE_CAPACITY: positive.default(5_000),
  WAIT_MAX_MS: positive.default(500),
  BACKGROUND_NICE: z.coerce.number().int().min(0).max(19).default(10),
  BATCH_MAX: positive.max(1_000).default(250),
  HOT_LANES_MAX: z.coerce.number().int().min(0).max(32).default(4),
  HOT_LANE_QUIET_MS: positive.default(10_000),
  LOCK_TIMEOUT_MS: positive.default(5_000),
  STATEMENT_TIMEOUT_MS: positive.default(15_000),
  IDLE_IN_TRANSACTION_TIMEOUT_MS: positive.default(10_000),
  IN_DOUBT_WAIT_MS: positive.default(15_000),
  POSITION_WAIT_MS: positive.default(2_000),
  REQUESTS_IN_FLIGHT_MAX: positive.default(6_000),
  PRESSURE_DELAY_MS: positive.default(250),
  DEGRADED_CACHE_SIZE_MAX: positive.default(33_554_432),
  DEGRADED_CACHE_AGE_MS: positive.default(600_000),
  CONNECTIONS_MAX: positive.default(20_000),
  CONNECTIONS_PER_ADDRESS_MAX: positive.default(1_000),
  BODY_LIMIT_BYTES: positive.default(1_048_576),
  RESPONSE_BYTES_MAX: positive.default(10_485_760),
  SOCKET_BUFFER_BYTES_MAX: positive.default(4_194_304),
  QUERY_DEPTH_MAX: positive.default(12),
  RATE_LIMIT_WINDOW_SECONDS: positive.max(3_600).default(10),
  RATE_LIMIT_ADDRESS: rate.default(2_000),
  RATE_LIMIT_CUSTOMER: rate.default(1_000),
  RATE_LIMIT_CUSTOMER_COST: rate.default(50_000),
  RATE_LIMIT_OPERATOR: rate.default(200_000),
  RATE_LIMIT_OPERATOR_COST: rate.default(2_000_000),
  RATE_LIMIT_PROCESSES: positive.default(1),
  RATE_LIMIT_REDIS_WAIT_MS: positive.default(50),
  RATE_LIMIT_EXEMPT: z.string().default("127.0.0.0/8,::1/128").transform((text) => (text === "none" ? [] : listOf(text))).pipe(z.array(network)),
  TRUSTED_PROXIES: z.union([
    z.string().regex(/^\d+$/).transform(Number).pipe(z.number().max(hopsMax)),
    z.string().transform(listOf).pipe(z.array(network).min(1)),
  ], `must be a number of proxies up to ${String(hopsMax)}, or their addresses and networks, separated by commas`).optional(),
  LIVE_REFRESH_MS: positive.default(5_000),
  LIVE_SOCKETS_MAX: positive.default(10_000),
  STOCK_PUSH_MS: z.coerce.number().int().min(0).default(250),
  DRAIN_TIMEOUT_MS: positive.default(20_000),
});

export type Settings = Readonly<z.infer<typeof settingsSchema>>;

/** All mistakes of a configuration at once, one line each. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";

  constructor(readonly problems: readonly string[]) {
    super(`The configuration has ${String(problems.length)} mistake${problems.length === 1 ? "" : "s"}:\n${problems.map((line) => `  - ${line}`).join("\n")}`);
  }
}

export type SettingName = keyof typeof settingsSchema.shape;

/**
 * Reads and checks the settings. An empty value counts as absent.
 * @param needed what the process cannot do without, and `where` it needs that
 * @throws ConfigurationError naming every mistake
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>, needed: readonly SettingName[] = [], where = "in server mode"): Settings {
  const given: Given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = settingsSchema.safeParse(given, { error: plainWords });
  const malformed = parsed.success ? [] : parsed.error.issues.map(
    ({ path, message }) => `${path.join(".")}: ${message} (found ${shown(String(path[0]), given[String(path[0])])})`,
  );
  const together = contradictions(given);
  const missing = needed.filter((name) => given[name] === undefined && !isSpared(name, given) && !together.some((problem) => problem.startsWith(`${name}:`)))
    .map((name) => `${name}: needed ${where}${name.startsWith("COURIER_") ? ", or COURIERS_FILE" : ""} (see .env.example)`);
  const problems = [...malformed, ...together, ...missing];
  if (problems.length > 0 || !parsed.success) throw new ConfigurationError(problems);
  return parsed.data;
}

/** What `api`, `worker` and `projector` each need beyond their defaults; one file of settings may serve all three. */
const outside = ["PAYMENT_API_KEY", "PAYMENT_WEBHOOK_SECRET", "COURIER_API_URL", "COURIER_API_KEY", "COURIER_WEBHOOK_SECRET"] as const;
export const serverModeNeeds = {
  api: ["DATABASE_URL", "READ_DATABASE_URLS", "REDIS_URL", ...outside],
  worker: ["DATABASE_URL", "READ_DATABASE_URLS", ...outside],
  projector: ["DATABASE_URL", "READ_DATABASE_URLS", "REDIS_URL"],
} as const satisfies Readonly<Record<string, readonly SettingName[]>>;

type Given = Readonly<Record<string, string | undefined>>;

/** Couriers that a file names need no courier of the settings. */
function isSpared(name: SettingName, given: Given): boolean {
  return name.startsWith("COURIER_") && given["COURIERS_FILE"] !== undefined;
}

/** What was found, without what nobody may read in a log: secrets, and the passwords of URLs. */
function shown(name: string, value: string | undefined): string {
  if (/SECRET|KEY/.test(name)) return "a value that is not shown";
  return JSON.stringify(value?.replace(/:[^,]*@/g, ":…@") ?? null);
}

/** Settings that are wrong together, each right or wrong by itself: told beside the malformed ones. */
function contradictions(given: Given): string[] {
  const { DATABASE_URL, READ_DATABASE_URLS, READ_DATABASE_ADMIN_URLS, NODE_ENV } = given;
  const problems: string[] = [];
  if (DATABASE_URL && !READ_DATABASE_URLS) problems.push("READ_DATABASE_URLS: needed beside DATABASE_URL: one or more read nodes, separated by commas");
  if (!DATABASE_URL && READ_DATABASE_URLS) problems.push("DATABASE_URL: needed beside READ_DATABASE_URLS: the primary");
  if (READ_DATABASE_ADMIN_URLS && listOf(READ_DATABASE_ADMIN_URLS).length !== listOf(READ_DATABASE_URLS ?? "").length) {
    problems.push("READ_DATABASE_ADMIN_URLS: must name as many nodes as READ_DATABASE_URLS, in the same order");
  }
  problems.push(...secretProblems(given));
  if (NODE_ENV === "production" && !DATABASE_URL) problems.push("DATABASE_URL: needed in production; the embedded servers are for trying and testing");
  return problems;
}

/** The embedded mode makes secrets of its own. */
function secretProblems({ DATABASE_URL, JWT_SECRET, JWKS_URL, TRACKING_LINK_SECRET }: Given): string[] {
  if (!DATABASE_URL || JWT_SECRET) return [];
  if (!JWKS_URL) return ["JWT_SECRET or JWKS_URL: one of them is needed in server mode, to check tokens"];
  return TRACKING_LINK_SECRET ? [] : ["TRACKING_LINK_SECRET: needed in server mode where there is no JWT_SECRET, to make tracking links"];
}
