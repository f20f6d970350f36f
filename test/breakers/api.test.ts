import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { breakerAlertsConsumer, breakerAlertsHandler } from "../../src/commands/operations/breaker-alerts.job.js";
import { moveBreaker } from "../../src/commands/operations/breaker-move.js";
import { downMessage } from "../../src/cli/breakers.js";
import { atBreakers } from "../../src/cli/breakers-desk.js";
import type { BreakerMove } from "../../src/kernel/breaker.js";
import { readSettings } from "../../src/platform/config/config.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { ShopApi } from "../queries/shop-api.js";

const fields = "version couriers { party state since openUntil dryRun failureRate calls openings reason changedBy }";
const health = `query ($position: String) { courierHealth(position: $position) { ${fields} } }`;
const open = "mutation ($input: OpenBreakerInput!) { openBreaker(input: $input) { state position userErrors { code message field } } }";
const reset = "mutation ($input: ResetBreakerInput!) { resetBreaker(input: $input) { state position userErrors { code } } }";
const dryRun = "mutation ($input: SetBreakerDryRunInput!) { setBreakerDryRun(input: $input) { state dryRun position userErrors { code } } }";
const alerts = "query ($position: String) { alerts(first: 10, position: $position) { nodes { key status severity message } } }";

describe("an operator's view of the breakers", () => {
  let shop: ShopApi;
  const move = (wish: BreakerMove): Promise<string> => shop.send(moveBreaker, wish);
  const trip = (party: string): BreakerMove => (
    { party, type: "Trip", closings: 0, reason: "failures_in_row", failureRate: 0.75, calls: 8, openMs: 60_000, openMaxMs: 60_000 }
  );
  beforeAll(async () => {
    shop = await ShopApi.start();
    await move({ party: "comet", type: "Install" });
    await move({ party: "stripe", type: "Install" });
  });
  afterAll(() => shop.stop());

  it("shows couriers and payment provider, and says so at once when one opens", async () => {
    const updates = await shop.watch("operator", `subscription { courierHealthUpdates { ${fields} } }`);
    const position = await move({ party: "swift", type: "Install" });
    const before = (await shop.ask("operator", health, { position })).data.courierHealth;
    expect(before.couriers.map(({ party, state }: { party: string; state: string }) => [party, state])).toEqual([["comet", "closed"], ["stripe", "closed"], ["swift", "closed"]]);
    const opened = await move(trip("swift"));
    const { couriers: [, , swift] } = (await shop.ask("operator", health, { position: opened })).data.courierHealth;
    expect(swift).toMatchObject({ party: "swift", state: "open", dryRun: false, failureRate: 0.75, calls: 8, openings: 1, reason: "too many calls in a row failed", changedBy: null });
    expect(Date.parse(swift.openUntil) - Date.parse(swift.since)).toBe(60_000);
    for await (const { data } of updates) {
      const states = data.courierHealthUpdates.couriers.map(({ state }: { state: string }) => state);
      if (states.includes("open")) break;
    }
  });

  it("opens, resets and puts on dry run by mutation, and names who did it", async () => {
    const held = (await shop.ask("operator", open, { input: { party: "comet", reason: "strike", idempotencyKey: "1" } })).data.openBreaker;
    expect(held).toMatchObject({ state: "held_open", userErrors: [] });
    const { couriers: [comet] } = (await shop.ask("operator", health, { position: held.position })).data.courierHealth;
    expect(comet).toMatchObject({ state: "held_open", reason: "strike", changedBy: "olga", openUntil: null });
    expect((await shop.ask("operator", reset, { input: { party: "comet", idempotencyKey: "2" } })).data.resetBreaker).toMatchObject({ state: "closed", userErrors: [] });
    const dry = (await shop.ask("operator", dryRun, { input: { party: "comet", on: true, idempotencyKey: "3" } })).data.setBreakerDryRun;
    expect(dry).toMatchObject({ state: "closed", dryRun: true, userErrors: [] });
    const { couriers: [after] } = (await shop.ask("operator", health, { position: dry.position })).data.courierHealth;
    expect(after).toMatchObject({ state: "closed", dryRun: true, reason: "dry run begun", changedBy: "olga" });
  });

  it("names those that there are where a name is wrong, and is nobody else's business", async () => {
    const { userErrors } = (await shop.ask("operator", open, { input: { party: "swfit", reason: "strike", idempotencyKey: "4" } })).data.openBreaker;
    expect(userErrors).toEqual([{ code: "BREAKER_UNKNOWN", message: expect.stringContaining("comet, stripe, swift"), field: ["party"] }]);
    const refused = await Promise.all([shop.ask("ann", health), shop.ask("ann", open, { input: { party: "comet", reason: "x", idempotencyKey: "5" } })]);
    expect(refused.map(({ errors }) => errors?.[0]?.extensions["code"])).toEqual(["FORBIDDEN", "FORBIDDEN"]);
  });

  it("does the same at the command line", async () => {
    const printed: string[] = [];
    const settings = readSettings({ NODE_ENV: "test", JWT_SECRET: "s".repeat(32), DATABASE_URL: shop.primaryUrl, READ_DATABASE_URLS: shop.node.appUrl });
    const at = (wish: Parameters<typeof atBreakers>[1]) => atBreakers({ settings, logger: createLogger("silent") }, wish, (line) => printed.push(line));
    expect(await at({ type: "open", party: "stripe", reason: "maintenance" })).toBe(0);
    expect(await at({ type: "list" })).toBe(0);
    expect(await at({ type: "reset", party: "stripe" })).toBe(0);
    expect(await at({ type: "dry-run", party: "comet", dryRun: false })).toBe(0);
    expect(await at({ type: "reset", party: "paypal" })).toBe(1);
    expect(printed).toEqual([
      "stripe: held_open", "comet: closed, dry run", "stripe: held_open", expect.stringMatching(/^swift: open until \S+ \(opened once\)$/),
      "stripe: closed", "comet: closed", expect.stringContaining("BREAKER_UNKNOWN: There is no such neighbour. There are: comet, stripe, swift."),
    ]);
  });

  it("is woken once by an opening, and the alert ends with it", async () => {
    let later = 0; // a fact that comes after all that was said before
    const alerted = async (): Promise<unknown> => {
      const position = await move({ party: `later-${String(later += 1)}`, type: "Install" });
      return (await shop.ask("operator", alerts, { position })).data.alerts.nodes;
    };
    const events = async () => (await shop.write.pool.query<{ event: { type: string; party: string } }>(
      "SELECT data::jsonb || jsonb_build_object('type', type) AS event FROM event_log WHERE stream_category = 'breaker' ORDER BY position")).rows.map(({ event }) => event);
    const handle = breakerAlertsHandler({ pool: shop.write.pool, alerts: shop.write.alerts, messageOf: downMessage });
    const jobs = async (): Promise<void> => {
      for (const event of await events()) {
        const given = event as Parameters<NonNullable<typeof breakerAlertsConsumer.when>>[0];
        if (given.party !== "swift" || !breakerAlertsConsumer.on.includes(given.type) || !breakerAlertsConsumer.when?.(given)) continue;
        await handle({ event: given } as Parameters<typeof handle>[0], {} as Parameters<typeof handle>[1]);
      }
    };
    await jobs();
    await jobs();
    expect(await alerted()).toEqual([{ key: "neighbour_down:swift", status: "OPEN", severity: "critical", message: expect.stringContaining("swift fails") }]);
    // Whose breaker only judges is called all the same: nobody need get up until it holds calls back.
    const statuses = async (): Promise<readonly string[]> => (await alerted() as { status: string }[]).map(({ status }) => status);
    await move({ party: "swift", type: "SetDryRun", dryRun: true, by: "olga" });
    await jobs();
    expect(await statuses()).toEqual(["RESOLVED"]);
    await move({ party: "swift", type: "SetDryRun", dryRun: false, by: "olga" });
    await jobs();
    expect(await statuses()).toContain("OPEN");
    await move({ party: "swift", type: "Reset", by: "olga" });
    await jobs();
    expect(await statuses()).toEqual(["RESOLVED", "RESOLVED"]);
    await move({ party: "later-1", type: "SetDryRun", dryRun: true, by: "olga" });
    await move(trip("later-1"));
    expect((await events()).filter(({ type, party }) => party === "later-1" && type === "BreakerOpened")
      .map((event) => breakerAlertsConsumer.when?.(event as Parameters<NonNullable<typeof breakerAlertsConsumer.when>>[0]))).toEqual([false]);
  });
});
