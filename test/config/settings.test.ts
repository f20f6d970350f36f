import { describe, expect, it } from "@jest/globals";
import { ConfigurationError, readSettings, serverModeNeeds } from "../../src/platform/config/config.js";

const primary = "postgres://millrace@primary:5432/millrace";
const nodes = "postgres://millrace@read1:5432/millrace, postgres://millrace@read2:5432/millrace";
const secret = "a-secret-of-more-than-thirty-two-characters";

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

/** The settings that a list of problems is about, in order. */
const named = (problems: readonly string[]): string[] => problems.map((problem) => problem.slice(0, problem.indexOf(":")));

describe("the settings", () => {
  it("are complete without any", () => {
    expect(readSettings({})).toMatchObject({ NODE_ENV: "development", PORT: 4000, MILLRACE_DATA_DIR: ".millrace", BATCH_MAX: 250 });
  });

  it("take an empty value for an absent one", () => {
    expect(readSettings({ PORT: "", REDIS_URL: "" })).toEqual(readSettings({}));
  });

  it("leave other programs' variables alone", () => {
    expect(readSettings({ PATH: "/bin", HOME: "/root" })).toEqual(readSettings({}));
  });

  it("turn text into numbers and lists", () => {
    const settings = readSettings({ PORT: "0", SIMULATION_SPEED: "0.5", DATABASE_URL: primary, READ_DATABASE_URLS: nodes, JWT_SECRET: secret });
    expect(settings).toMatchObject({ PORT: 0, SIMULATION_SPEED: 0.5, READ_DATABASE_URLS: nodes.split(", ") });
  });
});

describe("mistakes in the settings", () => {
  it("are all listed at once, each with its name and what was found", () => {
    const wrong = {
      NODE_ENV: "staging", PORT: "70000", LOG_LEVEL: "loud", DATABASE_URL: "mysql://primary", REDIS_URL: "localhost:6379",
      JWT_SECRET: "short", JWKS_URL: "no url", SHOP_CURRENCY: "euro", BATCH_MAX: "0", LANE_CAPACITY: "1.5", POSITION_WAIT_MS: "soon",
    };
    const problems = problemsOf(wrong);
    expect(named(problems).sort()).toEqual([...Object.keys(wrong), "READ_DATABASE_URLS"].sort());
    for (const [name, value] of Object.entries(wrong).filter(([name]) => name !== "JWT_SECRET")) {
      expect(problems).toContainEqual(expect.stringMatching(new RegExp(`^${name}: .+\\(found "${value}"\\)$`)));
    }
  });

  it("say what a value must be", () => {
    expect(problemsOf({ PORT: "x", LANE_CAPACITY: "1.5", BATCH_MAX: "5000", SWEEP_MS: "0", LOG_LEVEL: "loud", COURIER_API_URL: "swift", PARCEL_MAX_MM: "3x4" }).map((problem) => problem.replace(/ \(.*/, ""))).toEqual([
      "PORT: must be a number", "LOG_LEVEL: must be one of trace, debug, info, warn, error, fatal, silent", "COURIER_API_URL: must be a URL, e.g. https://shop.example",
      "PARCEL_MAX_MM: must be three whole millimetres, e.g. 1200x600x600", "SWEEP_MS: must be more than 0", "LANE_CAPACITY: must be a whole number", "BATCH_MAX: must be at most 1000",
    ]);
  });

  it("show no secret and no password of a URL", () => {
    const message = problemsOf({ JWT_SECRET: "s3cret", DATABASE_URL: "mysql://me:s3c@ret/s3cret@primary/shop", READ_DATABASE_URLS: "postgres:/me:s3cret@one/shop,http://me:s3cret@two/shop" }).join("\n");
    expect(message).toContain('(found "mysql:…@primary/shop")');
    expect(message).not.toContain("s3cret");
  });

  it("are told together with what a process lacks", () => {
    expect(() => readSettings({ PORT: "x" }, serverModeNeeds.projector)).toThrow(/has 4 mistakes:\n.*PORT.*\n.*DATABASE_URL: needed in server mode.*\n.*READ_DATABASE_URLS: needed.*\n.*REDIS_URL: needed/);
  });

  it("stand in the message, one a line, with their number", () => {
    expect(() => readSettings({ PORT: "x", BATCH_MAX: "-1" })).toThrow(/^The configuration has 2 mistakes:\n {2}- PORT: .+\n {2}- BATCH_MAX: .+$/);
    expect(() => readSettings({ PORT: "x" })).toThrow(/^The configuration has 1 mistake:\n/);
  });

  it("name the one wrong URL in a list", () => {
    const problems = problemsOf({ DATABASE_URL: primary, READ_DATABASE_URLS: `${primary},http://read2`, JWT_SECRET: secret });
    expect(named(problems)).toEqual(["READ_DATABASE_URLS.1"]);
  });
});

describe("settings that are wrong together", () => {
  it.each([
    ["a primary without read nodes", { DATABASE_URL: primary, JWT_SECRET: secret }, ["READ_DATABASE_URLS"]],
    ["read nodes without a primary", { READ_DATABASE_URLS: nodes }, ["DATABASE_URL"]],
    ["a primary without read nodes and without a way to check tokens", { DATABASE_URL: primary }, ["READ_DATABASE_URLS", "JWT_SECRET or JWKS_URL"]],
    ["fewer administrators' URLs than nodes",
      { DATABASE_URL: primary, READ_DATABASE_URLS: nodes, READ_DATABASE_ADMIN_URLS: primary, JWT_SECRET: secret }, ["READ_DATABASE_ADMIN_URLS"]],
    ["only keys of others, which make no tracking links", { DATABASE_URL: primary, READ_DATABASE_URLS: nodes, JWKS_URL: "https://id.example.com/keys" }, ["TRACKING_LINK_SECRET"]],
    ["production on embedded servers", { NODE_ENV: "production" }, ["DATABASE_URL"]],
  ])("%s", (_case, environment, expected) => {
    expect(named(problemsOf(environment))).toEqual(expected);
  });
});
