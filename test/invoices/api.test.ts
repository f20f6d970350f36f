import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { documentsMax } from "../../src/cli/invoice-routes.js";
import { eraseCustomer } from "../../src/commands/customers/erase-customer.js";
import { upsertCustomer } from "../../src/commands/customers/upsert-customer.js";
import { setDegradedMode } from "../../src/commands/operations/set-degraded-mode.js";
import { newId } from "../../src/kernel/ids.js";
import { createPool } from "../../src/platform/postgres/connection.js";
import { tokenFor } from "../http/sample-api.js";
import { ShopApi } from "../queries/shop-api.js";
import { until } from "../replication/until.js";
import { Books, placedOrder, shippingRate, type Product } from "./paid-orders.js";

const one = `query ($orderId: ID!) { invoice(orderId: $orderId) {
  id number orderId customerId issuedAt shipping { amount } adjustment { amount } total { amount currency } credited { amount } pdfPath
  lines { sku name quantity unitPrice { amount } net { amount } taxBasisPoints tax { amount } } taxTotals { taxBasisPoints net { amount } tax { amount } }
  creditNotes { number amount { amount } cause reason lines { sku quantity } taxTotals { tax { amount } } pdfPath } } }`;
const list = `query ($first: Int, $after: String, $last: Int, $year: Int, $customerId: ID) { invoices(first: $first, after: $after, last: $last, year: $year, customerId: $customerId) {
  nodes { number customerId } pageInfo { hasNextPage endCursor } } }`;

/** The texts that a PDF shows, in the order in which they are drawn. */
function textsOf(pdf: Buffer): string {
  const texts: string[] = [];
  for (let at = pdf.indexOf("stream\n"); at >= 0; at = pdf.indexOf("stream\n", at + 1)) {
    if (pdf.subarray(at - 3, at).toString() === "end") continue;
    const content = inflateSync(pdf.subarray(at + "stream\n".length, pdf.indexOf("\nendstream", at))).toString("latin1");
    for (const [, shown] of content.matchAll(/\[([^\]]*)\] TJ/g)) {
      texts.push(Array.from(shown!.matchAll(/<([0-9a-f]*)>/g), ([, hex]) => Buffer.from(hex!, "hex").toString("latin1")).join(""));
    }
  }
  return texts.join("\n");
}

describe("invoices over the API", () => {
  let shop: ShopApi;
  let books: Books;
  let pool: ReturnType<typeof createPool>;
  beforeAll(async () => {
    shop = await ShopApi.start({ SHOP_NAME: "Mühle & Söhne", SHOP_ADDRESS: "Am Bach 1, Ulm", SHOP_TAX_ID: "DE123", SHOP_TIME_ZONE: "Europe/Berlin", PRESSURE_DELAY_MS: "60000" });
    pool = createPool({ url: shop.primaryUrl, poolSize: 2 });
    books = new Books({ bus: shop.write.bus, pool, terms: { yearAt: () => 2026, shippingTaxBasisPoints: shippingRate } });
    await register("ann", "Ann Øster-Ångström");
    await register("bob", "Łukasz Șerban 王小明 \u{1F642}");
  });
  afterAll(async () => {
    await pool.end();
    await shop.stop();
  });

  const register = (customerId: string, name: string): Promise<string> => shop.send(upsertCustomer, {
    customerId, name, email: `${customerId}@example.com`, phone: null, address: { street: "Zeughausstraße 7", city: "Kraków", postalCode: "30-001", country: "PL" },
  });

  /** An order with its invoice, and credit notes of so much, as a node has them. Returns the id that clients know. */
  async function billed(customerId: string, products?: readonly Product[], refunds: readonly number[] = [], currency = "EUR"): Promise<string> {
    const placed = await books.paid(placedOrder(products, { customerId, currency }));
    for (const amountMinor of refunds) await books.refunded(placed, amountMinor);
    await books.work(placed.orderId);
    const id = `order_${placed.orderId}`;
    await until("the node has the documents", async () => (await shop.ask("operator", one, { orderId: id })).data?.invoice?.creditNotes.length === refunds.length);
    return id;
  }

  const invoiceOf = async (caller: string | null, orderId: string) => (await shop.ask(caller, one, { orderId })).data?.invoice;

  async function fetchPdf(caller: string | null, path: string): Promise<Response> {
    const token = caller === null ? null : caller === "operator" ? await tokenFor("operator", "olga") : await tokenFor("customer", caller);
    return fetch(`${shop.url}${path}`, { headers: token === null ? {} : { authorization: `Bearer ${token}` } });
  }

  async function readPdf(caller: string, path: string): Promise<string> {
    const response = await fetchPdf(caller, path);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/pdf"]);
    const body = Buffer.from(await response.arrayBuffer());
    expect(body.subarray(0, 5).toString()).toBe("%PDF-");
    expect(body.subarray(-6).toString()).toBe("%%EOF\n");
    return textsOf(body);
  }

  it("are shown whole to the buyer and to operators, and to nobody else", async () => {
    const orderId = await billed("ann", [{ quantity: 2, priceMinor: 999 }], [500]);
    const invoice = await invoiceOf("ann", orderId);
    expect(invoice).toMatchObject({
      id: orderId.replace("order_", "invoice_"), orderId, customerId: "ann", number: expect.stringMatching(/^INV-2026-/), issuedAt: expect.stringMatching(/Z$/),
      shipping: { amount: "4.90" }, adjustment: { amount: "0.00" }, total: { amount: "29.02", currency: "EUR" }, credited: { amount: "5.00" },
      lines: [{ sku: "LAMP", name: "Lamp", quantity: 2, unitPrice: { amount: "9.99" }, net: { amount: "19.98" }, taxBasisPoints: 1_900, tax: { amount: "3.80" } }],
      taxTotals: [{ taxBasisPoints: 1_900, net: { amount: "19.98" }, tax: { amount: "3.80" } }, { taxBasisPoints: 700, net: { amount: "4.90" }, tax: { amount: "0.34" } }],
      creditNotes: [{ number: expect.stringMatching(/^CN-2026-/), amount: { amount: "5.00" }, cause: "GOODWILL", reason: "as agreed", lines: [] }],
    });
    expect(await invoiceOf("operator", orderId)).toEqual(invoice);
    expect(await invoiceOf("bob", orderId)).toBeNull();
    expect((await shop.ask(null, one, { orderId })).errors?.[0]?.extensions["code"]).toBe("UNAUTHENTICATED");
  });

  it("are listed by number: a buyer's own, all of them or one customer's for operators", async () => {
    await billed("ann");
    await billed("cleo");
    const all = (await shop.ask("operator", list, { first: 100 })).data.invoices.nodes as { number: string; customerId: string }[];
    expect(all.map(({ number }) => number)).toEqual(all.map(({ number }) => number).sort().reverse());
    const own = (await shop.ask("ann", list, { first: 100 })).data.invoices.nodes as typeof all;
    expect(own).toEqual(all.filter(({ customerId }) => customerId === "ann"));
    expect(own.length).toBeGreaterThan(0);
    expect((await shop.ask("operator", list, { first: 100, customerId: "cleo" })).data.invoices.nodes).toEqual(all.filter(({ customerId }) => customerId === "cleo"));
    expect((await shop.ask("operator", list, { first: 100, year: 2025 })).data.invoices.nodes).toEqual([]);
    expect((await shop.ask("ann", list, { first: 1, customerId: "cleo" })).errors?.[0]?.extensions["code"]).toBe("FORBIDDEN");

    const first = (await shop.ask("operator", list, { first: 1 })).data.invoices;
    expect(first.pageInfo.hasNextPage).toBe(true);
    const rest = (await shop.ask("operator", list, { first: 100, after: first.pageInfo.endCursor })).data.invoices;
    expect([...first.nodes, ...rest.nodes]).toEqual(all);
    expect((await shop.ask("operator", list, { last: 1 })).data.invoices.nodes).toEqual(all.slice(-1));
  });

  it("are printed with seller, buyer, lines, taxes and the total", async () => {
    const orderId = await billed("ann", [{ quantity: 2, priceMinor: 999, name: "Lampe \u201eMüller\u201c" }]);
    const { pdfPath, number } = await invoiceOf("ann", orderId);
    const text = await readPdf("ann", pdfPath);
    for (const part of [
      "Mühle & Söhne", "Am Bach 1, Ulm", "Tax id DE123", "Ann Øster-Ångström", "Zeughausstraße 7", "30-001 Kraków", "PL", `Invoice ${number}`, orderId,
      "Lampe \x84Müller\x93 (LAMP)", "9.99", "19.98", "19 %", "Shipping, tax rate 7 %", "Tax 19 %", "3.80", "Tax 7 %", "0.34", "29.02 EUR",
    ]) expect(text).toContain(part);
    expect(await readPdf("operator", pdfPath)).toBe(text);
  });

  it("are printed in currencies with no and with three digits, and on as many pages as it takes", async () => {
    const yen = await billed("ann", [{ priceMinor: 1_000 }], [], "JPY");
    expect(await readPdf("ann", `/invoices/${yen.replace("order_", "invoice_")}.pdf`)).toContain("1714 JPY");
    const dinar = await billed("ann", [{ priceMinor: 1_000 }], [], "KWD");
    expect(await readPdf("ann", `/invoices/${dinar.replace("order_", "invoice_")}.pdf`)).toContain("1.714 KWD");
    const long = await billed("ann", Array.from({ length: 500 }, (_, index) => ({ sku: `S-${index}`, name: "A lamp with a name that does not fit into one line of the table, whatever is tried " + "x".repeat(100) })));
    const text = await readPdf("ann", `/invoices/${long.replace("order_", "invoice_")}.pdf`);
    for (const index of [0, 250, 499]) expect(text).toContain(`(S-${index})`);
    expect(text.split("Unit price").length).toBeGreaterThan(10);
  });

  it("have credit notes that are printed as well", async () => {
    const orderId = await billed("ann", undefined, [1_714]);
    const { number, pdfPath: whole, creditNotes: [note] } = await invoiceOf("ann", orderId);
    const text = await readPdf("ann", note.pdfPath);
    for (const part of [`Credit note ${note.number}`, number, "Ann Øster-Ångström", "Lamp (LAMP)", "as agreed", "Net at 19 %", "17.14 EUR"]) expect(text).toContain(part);
    expect((await fetchPdf("ann", whole.replace(".pdf", "/credit-notes/CN-1.pdf"))).status).toBe(404);
    expect((await fetchPdf("bob", note.pdfPath)).status).toBe(404);
  });

  it("are not printed for others, nor what is not there", async () => {
    const orderId = await billed("ann");
    const { pdfPath } = await invoiceOf("ann", orderId);
    const answers = await Promise.all([
      fetchPdf(null, pdfPath), fetchPdf("bob", pdfPath), fetchPdf("ann", `/invoices/invoice_${newId()}.pdf`), fetchPdf("ann", pdfPath.replace(".pdf", "")),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 404, 404, 404]);
    expect(await answers[1].json()).toMatchObject({ errors: [{ message: "There is no such invoice.", extensions: { code: "NOT_FOUND" } }] });
  });

  it("print letters that the font has not without their marks, other writing as question marks", async () => {
    const orderId = await billed("bob", [{ name: "Șapcă 帽子\nx" }]);
    const text = await readPdf("bob", `/invoices/${orderId.replace("order_", "invoice_")}.pdf`);
    expect(text).toContain("Lukasz Serban ??? ?\n");
    expect(text).toContain("Sapca ?? x (LAMP)");
  });

  it("go on without name and address once the customer is erased", async () => {
    await register("dora", "Dora Personal");
    const orderId = await billed("dora");
    const path = `/invoices/${orderId.replace("order_", "invoice_")}.pdf`;
    expect(await readPdf("dora", path)).toContain("Dora Personal");
    await shop.send(eraseCustomer, { customerId: "dora" });
    await until("the erasure has reached the node", async () => !(await readPdf("operator", path)).includes("Dora Personal"));
    const text = await readPdf("operator", path);
    expect(text).toContain("Customer dora\nName and address were erased.");
    const found = async (what: string) => (await pool.query("SELECT FROM event_log WHERE data::text LIKE $1", [`%${what}%`])).rowCount;
    // The search can find: what is not personal stands there.
    expect([await found("Lamp"), await found("Personal"), await found("Øster")]).toEqual([expect.any(Number), 0, 0]);
    expect(await found("Lamp")).toBeGreaterThan(0);
  });

  it("are not printed while the shop runs degraded", async () => {
    const orderId = await billed("ann");
    const { pdfPath } = await invoiceOf("ann", orderId);
    const codeOf = async (): Promise<string> => {
      const answer = await fetchPdf("ann", pdfPath);
      return answer.ok ? "printed" : `${answer.status} ${(await answer.json() as { errors: [{ extensions: { code: string } }] }).errors[0].extensions.code}`;
    };
    await shop.send(setDegradedMode, { mode: "ON", reason: "a test" });
    await until("they are off", async () => await codeOf() === "503 DEGRADED");
    await shop.send(setDegradedMode, { mode: "OFF", reason: "it is over" });
    await until("they are on again", async () => await codeOf() === "printed");
  });

  it(`are made ${documentsMax} at a time, so that orders have the time they need`, async () => {
    const orderId = await billed("ann", Array.from({ length: 500 }, (_, index) => ({ sku: `S-${index}` })));
    const path = `/invoices/${orderId.replace("order_", "invoice_")}.pdf`;
    const answers = await Promise.all(Array.from({ length: 4 * documentsMax }, () => fetchPdf("ann", path)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(documentsMax);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    const refused = answers.find(({ status }) => status === 503)!;
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "OVERLOADED" } }] });
    await Promise.all(answers.filter(({ status }) => status === 200).map((answer) => answer.arrayBuffer()));
    await until("there is room again", async () => (await fetchPdf("ann", path)).ok);
  });
});
