import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { courierSetupOf, plainCouriers } from "../../src/cli/couriers.js";
import { parseCouriersFile, pickupOf } from "../../src/cli/couriers-file.js";
import { shopClock } from "../../src/cli/courier-market.js";
import { nextPickupMs } from "../../src/commands/shipping/market/pickup.js";
import { ConfigurationError, readSettings, serverModeNeeds } from "../../src/platform/config/config.js";
import { blocksOf, readDocument } from "../docs/markdown.js";

const acorn = { id: "acorn", kind: "http", baseUrl: "https://acorn.example/", apiKeyEnv: "ACORN_KEY", webhookSecretsEnv: "ACORN_SECRETS" };
const oak = {
  id: "oak", kind: "easypost", apiKeyEnv: "OAK_KEY", webhookSecretsEnv: "OAK_SECRETS",
  from: { name: "Shop", street: "1 Mill Lane", city: "Springfield", postalCode: "12345", country: "US", state: "IL" },
};

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  throw new Error("nothing was wrong");
}

describe("the couriers' file", () => {
  let directory: string;
  beforeAll(() => { directory = mkdtempSync(join(tmpdir(), "millrace-couriers-")); });
  afterAll(() => { rmSync(directory, { recursive: true }); });
  const setupOf = (content: string, environment: Record<string, string> = {}) => {
    const path = join(directory, "couriers.json");
    writeFileSync(path, content);
    const settings = readSettings({ COURIERS_FILE: path });
    return { settings, couriers: () => courierSetupOf(settings, environment) };
  };

  it("needs no more than couriers: the rest has defaults", () => {
    expect(parseCouriersFile({ couriers: [acorn] }, "f")).toMatchObject({
      policy: { kind: "balanced", costs: { lateDayMinor: 250, failureMinor: 4_000, bookingFailureMinor: 20 } }, deadline: null, explore: true,
      rules: { never: [], shareMax: {}, capacityPerDay: {} }, couriers: [{ baseUrl: "https://acorn.example", callsMax: 16, pickupCutoff: null, services: {} }],
    });
  });

  it("tells all its mistakes at once, each by its path", () => {
    const problems = problemsOf(() => parseCouriersFile({
      policy: { kind: "best" }, deadline: { days: "3", strict: true }, speed: 1, rules: { capacityPerDay: { acorn: -1 }, never: [{ courier: "acorn", region: "Berlin" }] },
      couriers: [{ ...acorn, baseUrl: "acorn", apiKeyEnv: "sk_live_123", pickupCutoff: "25:00", apiKey: "secret" }, { ...oak, kind: "owl" }],
    }, "f"));
    for (const path of [
      "policy.kind: must be cheapest", "deadline.days", "speed", "rules.capacityPerDay.acorn", "rules.never[0].region: must be a region", "couriers[0].baseUrl",
      "couriers[0].apiKeyEnv: must be the NAME", "couriers[0].pickupCutoff", "apiKey", "couriers[1].kind: must be http or easypost",
    ]) expect(problems.some((problem) => problem.startsWith("COURIERS_FILE f: ") && problem.includes(path)) ? path : problems).toBe(path);
  });

  it("says what each value must be", () => {
    expect(problemsOf(() => parseCouriersFile({
      explore: "no", rules: { shareMax: { acorn: 1.5 } }, speed: 1,
      couriers: [{ ...acorn, apiKeyEnv: undefined, callsMax: "16", services: { next: { weightMaxGrams: 0.5, sizeMaxMm: [1, 2] } }, breaker: { failureRate: 0 } }],
    }, "f"))).toEqual([
      "rules.shareMax.acorn: must be at most 1", "explore: must be true or false", "couriers[0].apiKeyEnv: is missing", "couriers[0].callsMax: must be a number",
      "couriers[0].services.next.weightMaxGrams: must be a whole number", "couriers[0].services.next.sizeMaxMm: must have at least 3 entries",
      "couriers[0].breaker.failureRate: must be more than 0", "the file: there is no field speed",
    ].map((problem) => `COURIERS_FILE f: ${problem}`));
    expect(problemsOf(() => parseCouriersFile({ couriers: [] }, "f"))).toEqual(["COURIERS_FILE f: couriers: must have at least 1 entry"]);
  });

  it("is as docs/couriers.md shows it", () => {
    const shown = blocksOf(readDocument("docs/couriers.md")).find(({ language }) => language === "json")?.text ?? "";
    expect(parseCouriersFile(JSON.parse(shown), "docs/couriers.md").couriers.map(({ id }) => id)).toEqual(["acorn", "oak"]);
  });

  it("leaves the payment provider its name", () => {
    expect(problemsOf(() => parseCouriersFile({ couriers: [{ ...acorn, id: "stripe" }] }, "f"))).toEqual(["COURIERS_FILE f: couriers[0].id: is the payment provider's name"]);
  });

  it("takes no two couriers of one name, and no rule for somebody who is not there", () => {
    expect(problemsOf(() => parseCouriersFile({
      couriers: [acorn, acorn], rules: { shareMax: { owl: 0.5 }, capacityPerDay: { fox: 1 }, never: [{ courier: "elk", region: "*" }] },
    }, "f"))).toEqual([
      "COURIERS_FILE f: couriers: two are called acorn", "COURIERS_FILE f: rules.never[0].courier: there is no courier elk",
      "COURIERS_FILE f: rules.shareMax.owl: there is no courier owl", "COURIERS_FILE f: rules.capacityPerDay.fox: there is no courier fox",
    ]);
  });

  it("that is not there, or is no JSON, is named", () => {
    expect(problemsOf(() => courierSetupOf(readSettings({ COURIERS_FILE: join(directory, "none.json") }), {}))[0]).toMatch(/none\.json: cannot be read/);
    expect(problemsOf(setupOf("{").couriers)[0]).toMatch(/is no JSON/);
  });

  it("makes couriers of both kinds; secrets come from the environment, and all that lack are named", () => {
    const content = JSON.stringify({ couriers: [acorn, oak] });
    expect(problemsOf(() => plainCouriers(setupOf(content, { ACORN_KEY: "k", OAK_SECRETS: "s" })))).toEqual([
      "ACORN_SECRETS: needed for the courier acorn", "OAK_KEY: needed for the courier oak",
    ]);
    const couriers = plainCouriers(setupOf(content, { ACORN_KEY: "k", ACORN_SECRETS: "c2VjcmV0,c2Vjb25k", OAK_KEY: "k", OAK_SECRETS: "s" }));
    expect(couriers.map(({ id, provider }) => [id, provider])).toEqual([["acorn", "courier:acorn"], ["oak", "courier:oak"]]);
    for (const courier of couriers) courier.close();
  });

  it("stands in place of the one courier of the settings", () => {
    const base = { DATABASE_URL: "postgres://p", READ_DATABASE_URLS: "postgres://n", JWT_SECRET: "x".repeat(32), PAYMENT_API_KEY: "k", PAYMENT_WEBHOOK_SECRET: "s" };
    expect(problemsOf(() => readSettings(base, serverModeNeeds.worker)).map((problem) => problem.split(":")[0])).toEqual(["COURIER_API_URL", "COURIER_API_KEY", "COURIER_WEBHOOK_SECRET"]);
    expect(readSettings({ ...base, COURIERS_FILE: "f" }, serverModeNeeds.worker).COURIERS_FILE).toBe("f");
    const sole = courierSetupOf(readSettings({ COURIER_API_URL: "http://swift.example/" }), {});
    expect(sole.file.couriers).toMatchObject([{ id: "swift", kind: "http", baseUrl: "http://swift.example" }]);
    expect(problemsOf(() => plainCouriers({ settings: readSettings({}), couriers: () => sole }))).toEqual(["COURIER_API_KEY: needed for the courier swift", "COURIER_WEBHOOK_SECRET: needed for the courier swift"]);
  });
});

describe("the next pick-up", () => {
  const berlin = shopClock("Europe/Berlin");
  const next = (at: string, pickupCutoff: string | null, pickupWeekdays = [0, 1, 2, 3, 4, 5, 6]): string => (
    new Date(nextPickupMs(pickupOf({ pickupCutoff, pickupWeekdays }), berlin, Date.parse(at))).toISOString()
  );
  it("is today until the courier was there", () => {
    expect(next("2026-01-05T15:29:59Z", "16:30")).toBe("2026-01-05T15:30:00.000Z");
    expect(next("2026-01-05T15:30:00Z", "16:30")).toBe("2026-01-06T15:30:00.000Z");
  });
  it("is on a day on which the courier comes, by the shop's clock", () => {
    expect(next("2026-01-09T16:00:00Z", "16:30", [1, 2, 3, 4, 5])).toBe("2026-01-12T15:30:00.000Z"); // a Friday evening
    expect(next("2026-01-04T23:30:00Z", "09:00", [1])).toBe("2026-01-05T08:00:00.000Z"); // Monday already in Berlin
  });
  it("without a cut-off is the end of the day, also of a short one", () => {
    expect(next("2026-03-29T10:00:00Z", null)).toBe("2026-03-29T22:00:00.000Z");
    expect(next("2026-03-28T23:30:00Z", "16:30")).toBe("2026-03-29T14:30:00.000Z");
  });
});
