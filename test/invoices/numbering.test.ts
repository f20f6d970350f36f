import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { issueCreditNoteWith } from "../../src/commands/invoices/issue-credit-note.js";
import { issueInvoiceWith, type IssueInvoiceInput } from "../../src/commands/invoices/issue-invoice.js";
import { yearIn } from "../../src/commands/invoices/time-zone.calendar.js";
import { newId } from "../../src/kernel/ids.js";
import { by, failureOf, openShop, operator, type Shop, type TestBus } from "../bus/shop.js";
import { paymentOf, placedOrder, shippingRate } from "./paid-orders.js";

/** The year is whatever a test says it is. */
let year = 2026;
const terms = { yearAt: () => year, shippingTaxBasisPoints: shippingRate };
const issueInvoice = issueInvoiceWith(terms);
const issueCreditNote = issueCreditNoteWith(terms);

function toBill(name = "Lamp", orderId = newId()): IssueInvoiceInput {
  const { customerId, lines, totals } = placedOrder([{ name }], { orderId });
  return { orderId, customerId, paymentId: paymentOf(orderId), currency: "EUR", lines, totals, calledOff: [], capturedMinor: totals.totalMinor };
}

describe("numbers of invoices", () => {
  let shop: Shop;
  let here: TestBus;
  let there: TestBus;
  beforeAll(async () => {
    shop = await openShop();
    [here, there] = [shop.process({ batchMax: 7 }), shop.process({ batchMax: 7 })];
  });
  afterAll(() => shop.close());

  const issue = async (bus: TestBus, input = toBill()): Promise<string> => (await bus.execute(issueInvoice, input, by(operator))).answer!.number;
  const credit = async (bus: TestBus, orderId: string, refundId: string): Promise<string> => (await bus.execute(
    issueCreditNote, { orderId, paymentId: paymentOf(orderId), refundId, amountMinor: 1, cause: "GOODWILL", reason: "", returned: [] }, by(operator))).answer!.number;
  const numbers = (series: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${series}-${year}-${String(index + 1).padStart(6, "0")}`);

  /** What is in the books of the year, in the order of the numbers, and what the counter says. */
  async function booked(series: "INV" | "CN"): Promise<{ numbers: string[]; counter: number }> {
    const { rows } = await shop.pool.query<{ number: string }>(
      "SELECT data->>'number' AS number FROM event_log WHERE stream_category = 'invoice' AND data->>'number' LIKE $1 ORDER BY (data->>'sequence')::int", [`${series}-${year}-%`]);
    const { rows: [row] } = await shop.pool.query<{ last: number }>("SELECT last_number::int AS last FROM invoice_counter WHERE series = $1", [`${series}/${year}`]);
    return { numbers: rows.map(({ number }) => number), counter: row?.last ?? 0 };
  }

  it("have no gap and no double, from two processes at once", async () => {
    year = 2026;
    const given = await Promise.all(Array.from({ length: 200 }, (_, index) => issue(index % 2 === 0 ? here : there)));
    expect(given.sort()).toEqual(numbers("INV", 200));
    expect(await booked("INV")).toEqual({ numbers: numbers("INV", 200), counter: 200 });
    expect(here.transactions.filter(({ lane }) => lane === "invoices").some(({ commands }) => commands > 1)).toBe(true);
  });

  it("begin with 1 once, where two processes issue a year's first ones at the same time", async () => {
    for (year = 2100; year < 2130; year += 1) {
      expect((await Promise.all([issue(here), issue(there)])).sort()).toEqual(numbers("INV", 2));
    }
  });

  it("are not used by what cannot be written or decided in between", async () => {
    year = 2027;
    const work = Array.from({ length: 60 }, (_, index) => {
      const bus = index % 2 === 0 ? here : there;
      // A text that PostgreSQL cannot keep makes its whole batch fail, which is split then.
      if (index % 5 === 0) return expect(issue(bus, toBill("a\0b"))).rejects.toThrow(/NUL/);
      if (index % 5 === 1) return failureOf(credit(bus, newId(), "early")).then((code) => { expect(code).toBe("UNAVAILABLE"); });
      return issue(bus);
    });
    await Promise.all(work);
    expect(await booked("INV")).toEqual({ numbers: numbers("INV", 36), counter: 36 });
    expect(await booked("CN")).toEqual({ numbers: [], counter: 0 });
  });

  it("survive connections that are lost while they are taken", async () => {
    year = 2028;
    const work = Promise.all(Array.from({ length: 120 }, (_, index) => issue(index % 2 === 0 ? here : there)));
    const progress = { done: false, kills: 0 };
    void work.finally(() => { progress.done = true; });
    while (!progress.done && progress.kills < 4) {
      const { rowCount } = await shop.pool.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%keep_batch%' AND pid <> pg_backend_pid() LIMIT 1");
      progress.kills += rowCount ?? 0;
    }
    expect(progress.kills).toBeGreaterThan(0);
    expect((await work).sort()).toEqual(numbers("INV", 120));
    expect(await booked("INV")).toEqual({ numbers: numbers("INV", 120), counter: 120 });
  });

  it("are an order's for good: asked again, by whomever, it has the same", async () => {
    year = 2029;
    const input = toBill();
    const given = await Promise.all([issue(here, input), issue(there, input), issue(here, input)]);
    year = 2030;
    expect([...given, await issue(there, input)]).toEqual(Array.from({ length: 4 }, () => "INV-2029-000001"));
  });

  it("are counted by series and year", async () => {
    year = 2031;
    const inputs = [toBill(), toBill()];
    expect([await issue(here, inputs[0]), await issue(there, inputs[1])]).toEqual(numbers("INV", 2));
    expect([await credit(here, inputs[0]!.orderId, "r1"), await credit(there, inputs[0]!.orderId, "r2"), await credit(here, inputs[0]!.orderId, "r1")])
      .toEqual(["CN-2031-000001", "CN-2031-000002", "CN-2031-000001"]);
    year = 2032;
    expect([await issue(here), await credit(there, inputs[1]!.orderId, "r3")]).toEqual(["INV-2032-000001", "CN-2032-000001"]);
    year = 2031;
    expect(await issue(here)).toBe("INV-2031-000003");
  });
});

describe("the year of a number", () => {
  it("is that of the shop's time zone", () => {
    const [before, after] = ["2026-12-31T22:59:59.999Z", "2026-12-31T23:00:00.000Z"];
    expect([before, after].map(yearIn("Europe/Berlin"))).toEqual([2026, 2027]);
    expect([before, after].map(yearIn("UTC"))).toEqual([2026, 2026]);
    expect(["2027-01-01T04:59:59.999Z", "2027-01-01T05:00:00.000Z"].map(yearIn("America/New_York"))).toEqual([2026, 2027]);
    expect(["2026-12-31T09:59:59.999Z", "2026-12-31T10:00:00.000Z"].map(yearIn("Pacific/Kiritimati"))).toEqual([2026, 2027]);
  });
});
