import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { openMoved } from "../../src/cli/reconciliation.js";
import { reconcileHere } from "../../src/cli/reconcile.js";
import { paymentIdOf, recordPayment, type PaymentCommand } from "../../src/commands/payments/payments.steps.js";
import { readPayments, readTotals } from "../../src/commands/reconciliation/our-side.reader.js";
import { beginDay, reconcileNext, type DayParts, type Progress } from "../../src/commands/reconciliation/reconcile-day.job.js";
import { dayOf } from "../../src/commands/reconciliation/shop-day.calendar.js";
import type { ProviderPayment } from "../../src/gateways/payments/payment-port.js";
import { newId } from "../../src/kernel/ids.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { furnish, order } from "../queries/shop-life.js";
import { until } from "../replication/until.js";
import { ShopApi } from "../queries/shop-api.js";
import { ProviderBooks } from "./provider-books.js";

const logger = createLogger("silent");
const day = dayOf(Date.now(), "UTC");
const books = `query ($day: String!, $open: Boolean) { reconciliation(day: $day) { day provider compared found repaired open runs
  mismatches(first: 50, open: $open) { nodes { kind status providerReference orderId ours { state captured { amount currency } refunded { amount } fee { amount } } theirs { state captured { amount } } } } } }`;

interface Paid {
  readonly orderId: string;
  readonly raw: string;
  readonly paymentId: string;
  readonly amountMinor: number;
}

describe("a reconciliation", () => {
  let shop: ShopApi;
  let provider: ProviderBooks;
  let parts: Omit<DayParts, "moved">;
  let number = 0;

  beforeEach(async () => {
    shop = await ShopApi.start();
    await furnish(shop);
    provider = new ProviderBooks();
    parts = { ...shop.write, provider, logger, timeZone: "UTC" };
  });
  afterEach(() => shop.stop());

  /** An order that waits for its money. */
  async function placed(): Promise<Paid> {
    const { orderId, raw } = await order(shop, "ann");
    const { amountMinor } = (await readTotals(shop.write.pool, [raw])).get(raw)!;
    return { orderId, raw, paymentId: paymentIdOf(raw), amountMinor };
  }

  function reference(): string {
    return `pi_${String(number += 1)}`;
  }

  /** What the provider has of it. */
  function there({ raw, paymentId, amountMinor }: Paid, changes: Partial<ProviderPayment> = {}): ProviderPayment {
    return provider.write({ providerReference: reference(), paymentId, orderId: raw, amountMinor, capturedMinor: amountMinor, ...changes });
  }

  /** As the answer to our own call would. */
  async function captureHere({ raw: orderId, paymentId, amountMinor }: Paid, providerReference: string): Promise<void> {
    const expected = { amountMinor, currency: "EUR" };
    await record({ type: "RecordCapture", paymentId, orderId, attempt: 1, amountMinor, currency: "EUR", provider: "stripe", providerReference, expected, newsId: null });
  }

  async function record(command: PaymentCommand): Promise<void> {
    await shop.send(recordPayment, command);
  }

  async function bothSides(): Promise<{ readonly paid: Paid; readonly theirs: ProviderPayment }> {
    const paid = await placed();
    const theirs = there(paid);
    await captureHere(paid, theirs.providerReference);
    return { paid, theirs };
  }

  /** A whole run; what it printed, and its exit code. */
  async function reconcile(): Promise<{ readonly lines: string[]; readonly code: number }> {
    const lines: string[] = [];
    const code = await reconcileHere(parts, [shop.node], { day, print: (line) => lines.push(line) });
    return { lines, code };
  }

  const sum = (lines: readonly string[]): string => lines.at(-1)!.replace(/^.*compared, /, "");
  const stateOf = async ({ paymentId }: Paid) => (await readPayments(shop.write.pool, [paymentId])).get(paymentId);
  const written = async (): Promise<Record<string, number>> => Object.fromEntries((await shop.write.pool.query<{ type: string; count: number }>(
    "SELECT type, count(*)::int FROM event_log GROUP BY type")).rows.map(({ type, count }) => [type, count]));

  it("repairs what a lost answer and lost webhooks left, and a second run finds nothing new", async () => {
    const { theirs: agreed } = await bothSides();
    const lost = await placed();
    const charged = there(lost, { feeMinor: 42 });
    const held = await placed();
    const set = there(held, { status: "authorized", capturedMinor: 0 });
    const back = await placed();
    const givenBack = there(back, { refundedMinor: 500 });
    await captureHere(back, givenBack.providerReference);
    await record({ type: "RequestRefund", paymentId: back.paymentId, orderId: back.raw, refundId: "r1", amountMinor: 500, keepMinor: 0, cause: "GOODWILL", reason: "scratched" });

    const first = await reconcile();
    expect(first).toMatchObject({ code: 0, lines: expect.arrayContaining([expect.stringContaining(charged.providerReference)]) });
    expect(sum(first.lines)).toBe("3 mismatches, 3 repaired, 0 open");
    expect(first.lines.some((line) => line.includes(agreed.providerReference))).toBe(false);
    expect(await stateOf(lost)).toMatchObject({ status: "CAPTURED", capturedMinor: lost.amountMinor, feeMinor: 42, providerReference: charged.providerReference });
    expect(await stateOf(held)).toMatchObject({ status: "AUTHORIZED", providerReference: set.providerReference });
    expect(await stateOf(back)).toMatchObject({ status: "PARTIALLY_REFUNDED", refundedMinor: 500 });

    const before = await written();
    const second = await reconcile();
    expect(sum(second.lines)).toBe("0 mismatches, 0 repaired, 0 open");
    expect(second.lines).toHaveLength(1);
    expect(await written()).toEqual({ ...before, ReconciliationFinished: before["ReconciliationFinished"]! + 1 });

    // The late webhook of the capture, and the late answer of the refund.
    await captureHere(lost, charged.providerReference);
    await record({ type: "RecordRefund", paymentId: back.paymentId, orderId: back.raw, refundId: "r1", amountMinor: 500, currency: "EUR", refundReference: "re_1", reason: "scratched" });
    expect(await written()).toEqual({ ...before, ReconciliationFinished: before["ReconciliationFinished"]! + 1 });
  });

  it("reports what a person has to decide, raises an alert, and closes what was put right", async () => {
    const { paid, theirs } = await bothSides();
    const foreign = provider.write({ providerReference: reference() });
    const nobody = await placed();
    const short = there(nobody, { capturedMinor: nobody.amountMinor - 1 });
    const vanished = await placed();
    await captureHere(vanished, "pi_nowhere");
    const fought = await bothSides();
    provider.write({ ...fought.theirs, disputed: true });
    provider.write({ ...theirs, refundedMinor: 100 });

    const { lines, code } = await reconcile();
    expect(code).toBe(1);
    expect(sum(lines)).toBe("5 mismatches, 0 repaired, 5 open");
    expect(lines[0]).toMatch(/^\s+kind\s+reference\s+order\s+ours\s+theirs$/);
    for (const [kind, providerReference] of [["MISSING_HERE", foreign.providerReference], ["AMOUNT_DIFFERS", short.providerReference], ["MISSING_THERE", "pi_nowhere"], ["STATE_DIFFERS", fought.theirs.providerReference], ["AMOUNT_DIFFERS", theirs.providerReference]]) {
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^OPEN +${String(kind)} +${String(providerReference)} `)));
    }
    expect(await stateOf(nobody)).toBeUndefined();
    const alerts = await shop.write.pool.query("SELECT data->>'key' AS key FROM event_log WHERE type = 'AlertRaised'");
    expect(alerts.rows).toEqual([{ key: `reconciliation_open:stripe:${day}` }]);

    const answer = await shownWhen({ found: 5, open: 5 });
    expect(answer).toMatchObject({ day, provider: "stripe", repaired: 0, runs: 1 });
    expect(answer.mismatches.nodes).toHaveLength(5);
    expect(answer.mismatches.nodes).toContainEqual({
      kind: "MISSING_THERE", status: "OPEN", providerReference: "pi_nowhere", orderId: vanished.orderId, theirs: null,
      ours: { state: "CAPTURED", captured: { amount: expect.any(String), currency: "EUR" }, refunded: { amount: "0.00" }, fee: null },
    });
    expect((await shop.ask("ann", books, { day })).errors?.[0]?.extensions["code"]).toBe("FORBIDDEN");
    expect((await shop.ask("operator", books, { day: "yesterday" })).errors?.[0]?.extensions["code"]).toBe("BAD_USER_INPUT");

    // Somebody put it right.
    provider.write({ ...theirs, refundedMinor: 0 });
    there(vanished, { providerReference: "pi_nowhere" });
    const again = await reconcile();
    expect(sum(again.lines)).toBe("3 mismatches, 0 repaired, 3 open");
    const later = await shownWhen({ runs: 2 }, false);
    expect(later.mismatches.nodes.map(({ status, providerReference }) => [status, providerReference]).toSorted()).toEqual([["AGREES", theirs.providerReference], ["AGREES", "pi_nowhere"]].toSorted());
    expect(await stateOf(paid)).toMatchObject({ status: "CAPTURED", refundedMinor: 0 });
  });

  it("asks after each of ours that is not in the list before it says that it is missing there", async () => {
    const { theirs } = await bothSides();
    // Made the day before by the provider's clock.
    provider.write({ ...theirs, createdAt: new Date(Date.now() - 2 * 86_400_000).toISOString() });
    expect(sum((await reconcile()).lines)).toBe("0 mismatches, 0 repaired, 0 open");
    expect(provider.asked.payments).toBe(1);
  });

  it("reads pages on both sides, and outlasts a provider that is away for a moment", async () => {
    provider.pageSize = 3;
    const made: Paid[] = [];
    for (let count = 0; count < 10; count += 1) {
      const paid = await placed();
      there(paid);
      made.push(paid);
    }
    provider.failing = 1;
    const { lines, code } = await reconcile();
    expect([code, sum(lines)]).toEqual([0, "10 mismatches, 10 repaired, 0 open"]);
    for (const paid of made) expect(await stateOf(paid)).toMatchObject({ status: "CAPTURED" });
    expect(provider.asked.payments).toBe(0);
  });

  it("goes on where it was broken off, and counts what it did before", async () => {
    const paid = await placed();
    there(paid);
    await bothSides();
    const run = newId();
    const begun = beginDay(day, run, "UTC", new Date().toISOString());
    // Ends before the settling is written down, and then once more before the step itself is.
    const broken = await walk(begun, { enough: ({ found }) => found > 0, breakAt: "Settle" });
    expect(await stateOf(paid)).toMatchObject({ status: "CAPTURED" });
    const repeated = await walk(broken, { enough: ({ found }) => found > 0 });
    expect(repeated).toMatchObject({ found: 1, repaired: 1 });
    const whole = await walk(broken, { enough: () => false });
    expect(whole).toMatchObject({ found: 1, repaired: 1, compared: 2 });
    const { rows } = await shop.write.pool.query("SELECT type FROM event_log WHERE stream_category = 'mismatch' ORDER BY position");
    expect(rows.map(({ type }) => type as string)).toEqual(["ReconciliationMismatchFound", "ReconciliationMismatchSettled"]);
  });

  interface Shown { readonly found: number; readonly open: number; readonly runs: number; readonly mismatches: { readonly nodes: { status: string; providerReference: string }[] } }

  /** What operators see, once the node has the last run. */
  async function shownWhen(wanted: Partial<Shown>, open?: boolean): Promise<Shown> {
    let found: Shown | null = null;
    await until("the node has the run", async () => {
      found = (await shop.ask("operator", books, { day, open })).data.reconciliation as Shown | null;
      return found !== null && Object.entries(wanted).every(([name, value]) => found![name as keyof Shown] === value);
    });
    return found!;
  }

  /** Steps until that holds, or the day is through. @returns where it stood before the step that broke, or the last one's progress */
  async function walk(from: Progress, { enough, breakAt }: { readonly enough: (progress: Progress) => boolean; readonly breakAt?: string }): Promise<Progress> {
    const moved = await openMoved([shop.node], logger);
    const bus: DayParts["bus"] = {
      execute(definition, input, envelope) {
        if (breakAt !== undefined && (input as { type?: string }).type === breakAt) return Promise.reject(new Error("killed"));
        return shop.write.bus.execute(definition, input, envelope);
      },
    };
    let progress = from;
    try {
      for (;;) {
        const step = await reconcileNext({ ...parts, bus, moved }, progress).catch((error: unknown) => {
          expect(error).toMatchObject({ message: "killed" });
          return null;
        });
        if (step === null) return progress;
        ({ progress } = step);
        if (step.finished || enough(progress)) return progress;
      }
    } finally {
      await moved.close();
    }
  }
});
