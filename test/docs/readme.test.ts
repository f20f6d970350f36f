import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { createClient } from "graphql-ws";
import { buildSchema, parse, validate } from "graphql";
import { WebSocket } from "ws";
import { eventually } from "../embedded/embedded-fixture.js";
import { ask, StartFixture, type Answer, type Greeting } from "../start/millrace-process.js";
import { blocksOf, matches, projectDirectory, readDocument } from "./markdown.js";

const run = promisify(execFile);
const readme = readDocument("README.md");
const blocks = blocksOf(readme);
const documentedUrl = "127.0.0.1:4000";

const fixture = new StartFixture();
let greeting: Greeting;
let orderId = "", dataDir = "";

beforeAll(async () => {
  dataDir = join(fixture.directory(), "data");
  // Ten times the default, so that the parcel is there in a second.
  greeting = await fixture.start(dataDir, { environment: { SIMULATION_SPEED: "200000" } }).ready();
});
afterAll(() => fixture.cleanUp());

/** A copied snippet, at the address that this Millrace has. */
async function paste(snippet: string): Promise<string> {
  const { host } = new URL(greeting.url);
  const { stdout } = await run("bash", ["-c", snippet.replaceAll(documentedUrl, host)], {
    cwd: projectDirectory, timeout: 60_000,
    env: { ...process.env, MILLRACE_DATA_DIR: dataDir, CUSTOMER: greeting.customerToken, OPERATOR: greeting.operatorToken, ORDER: orderId },
  });
  return stdout;
}

/** The one block of that kind that contains the text. */
function blockWith(language: string, text: string): string {
  const found = blocks.filter((block) => block.language === language && block.text.includes(text));
  expect(found).toHaveLength(1);
  return found[0]!.text;
}

interface PlaceOrder { readonly placeOrder: { readonly orderId: string } }
type Pasted = Answer<PlaceOrder>;

describe("README, see it work", () => {
  it("places the order that it shows, and places it once", async () => {
    const snippet = blockWith("sh", "my-first-order");
    const shown = JSON.parse(blockWith("json", "82.50")) as { data: { placeOrder: object } };
    const first = JSON.parse(await paste(snippet)) as Pasted;
    expect({ first, same: matches(shown, first) }).toMatchObject({ same: true });
    orderId = first.data!.placeOrder.orderId;
    expect(JSON.parse(await paste(snippet))).toEqual({ data: { placeOrder: { ...first.data!.placeOrder, replayed: true } } });
  });

  it("follows it to the door", async () => {
    const lines = (await paste(blockWith("sh", "orderUpdates"))).trim().split("\n");
    expect(lines.at(-1)).toBe(blockWith("", "DELIVERED").trim());
  });
});

/** What README says of each of its operations, by name; a new one needs a line here. */
const expectations: Readonly<Record<string, (data: unknown) => void>> = {
  Order: (data) => { expect(data).toMatchObject({ order: {
    status: "DELIVERED", paymentStatus: "CAPTURED", total: { amount: "82.50", currency: "EUR" },
    lines: [{ quantity: 2 }, { quantity: 4 }], shipments: [{ status: "delivered" }],
  } }); },
  Parcels: (data) => { expect(data).toMatchObject({ trackingUpdates: { shipments: [{ status: "delivered" }] } }); },
  NewTea: (data) => { expect(data).toMatchObject({ upsertProducts: { skus: ["TEA-BLACK-100"], userErrors: [] }, receiveStock: { userErrors: [] } }); },
  Sales: (data) => { expect(data).toMatchObject({ salesDashboard: { hours: [{ orders: 1, revenue: { amount: "82.50" } }], topProducts: [{ sku: "CUP-PORCELAIN", units: 4 }, { sku: "TEA-GREEN-100", units: 2 }] } }); },
  Couriers: (data) => {
    const { weeks: { nodes } } = (data as { courierScoreboard: { weeks: { nodes: { bookings: number; onTimePercent: number | null; cost: { amount: string } }[] } } }).courierScoreboard;
    expect(nodes.filter(({ bookings }) => bookings > 0)).toEqual([expect.objectContaining({ bookings: 1, onTimePercent: 100, p50Days: expect.any(Number), returns: 0 })]);
  },
  Trace: (data) => {
    const { entries } = (data as { orderTrace: { entries: { kind: string; name: string }[] } }).orderTrace;
    expect(entries.filter(({ kind }) => kind === "EVENT").map(({ name }) => name)).toEqual(expect.arrayContaining(["OrderPlaced", "PaymentCaptured", "ShipmentBooked", "OrderDelivered"]));
    expect(entries).toContainEqual(expect.objectContaining({ kind: "ATTEMPT", name: "payments.charge", outcome: "completed", attempt: 1 }));
  },
  Goodwill: (data) => { expect(data).toEqual({ refundPayment: { refund: { amount: "5.00" }, userErrors: [] } }); },
  Invoice: (data) => { expect(data).toMatchObject({
    order: { payment: { status: expect.stringMatching(/^(CAPTURED|PARTIALLY_REFUNDED)$/), captured: { amount: "82.50" } } },
    invoice: { number: expect.stringMatching(/^INV-\d{4}-\d{6}$/), total: { amount: "82.50", currency: "EUR" }, creditNotes: [{ amount: { amount: "5.00" } }] },
  }); },
  Alerts: (data) => { expect(data).toEqual({ alerts: { nodes: [] } }); },
};

interface Operation {
  readonly name: string;
  readonly role: "customer" | "operator";
  readonly live: boolean;
  readonly text: string;
}

function operationsOf(): Operation[] {
  return blocks.filter(({ language }) => language === "graphql").map(({ text }) => {
    const [, role, kind, name] = /^# (customer|operator)\n(query|mutation|subscription) (\w+)/.exec(text) ?? [];
    if (role === undefined || name === undefined) throw new Error(`this block does not say who runs it, or has no name: ${text}`);
    return { name, role: role as Operation["role"], live: kind === "subscription", text };
  });
}

async function execute({ role, live, text }: Operation): Promise<Answer<unknown>> {
  const token = role === "customer" ? greeting.customerToken : greeting.operatorToken;
  const now = Date.now();
  const variables = { orderId, from: new Date(now - 86_400_000).toISOString(), to: new Date(now + 86_400_000).toISOString() };
  if (!live) return ask(greeting.url, token, text, variables);
  const client = createClient({ url: `${greeting.url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${token}` } });
  try {
    for await (const { data, errors } of client.iterate({ query: text, variables })) return { data, ...(errors && { errors }) };
    return {};
  } finally {
    await client.dispose();
  }
}

describe("README, use it", () => {
  const schema = buildSchema(readDocument("schema.graphql"));

  it.each(operationsOf().map((operation) => [operation.name, operation] as const))("%s gives what it says", async (name, operation) => {
    expect(validate(schema, parse(operation.text))).toEqual([]);
    const expected = expectations[name];
    if (!expected) throw new Error(`README has the operation ${name}, and this test does not know what it should give`);
    // The views are refreshed every half minute at most.
    await eventually(`${name} gives what it says`, async () => {
      const { data, errors } = await execute(operation);
      expect(errors).toBeUndefined();
      expected(data);
      return true;
    }, 45_000).catch(async (error: unknown) => {
      expected((await execute(operation)).data);
      throw error;
    });
  });

  it("names only commands and scripts that are there", async () => {
    const { stdout: help } = await run(process.execPath, [join(projectDirectory, "bin", "millrace.mjs"), "--help"]);
    const commands = [...new Set([...readme.matchAll(/npx millrace ([\w-]+)/g)].map(([, name]) => name))];
    for (const name of commands) expect(help).toMatch(new RegExp(`^  ${name}\\b`, "m"));
    const { scripts } = JSON.parse(readDocument("package.json")) as { scripts: Record<string, string> };
    for (const [, name] of readme.matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(name);
    expect(blocks.map(({ text }) => text.trim())).toEqual(expect.arrayContaining(["npm ci && npm start", "npm ci && npm test"]));
  });
});

/** A section's text. */
function sectionOf(title: string): string {
  return new RegExp(`^### ${title}$(.*?)^##`, "ms").exec(readme)?.[1] ?? "";
}

function stepsOf(title: string): string[] {
  return blocksOf(sectionOf(title)).filter(({ language }) => language === "sh").map(({ text }) => text);
}

interface Decision {
  readonly decisions: readonly { readonly chosen: string; readonly unanswered: readonly string[]; readonly candidates: readonly { readonly courier: string; readonly rank: number | null; readonly lost: string | null }[] }[];
  readonly attempts: readonly { readonly courier: string; readonly outcome: string }[];
}

interface Shown {
  readonly courierDecision?: readonly [Decision];
  readonly courierHealth?: { readonly couriers: readonly { readonly party: string; readonly state: string }[] };
}

/** Weighed by its last known price, out, or not even asked any more. */
function wentAround({ candidates, unanswered }: Decision["decisions"][number], courier: string): boolean {
  return unanswered.includes(courier) || candidates.some((candidate) => candidate.courier === courier && candidate.lost !== null);
}

describe("README, a courier goes down", () => {
  it("shows the decision that went around it, and the breaker that opened; then it is back", async () => {
    const output = await paste(stepsOf("A courier goes down").join("\n"));
    const [, down = ""] = /^(\w+) is down/m.exec(output) ?? [];
    const shown = output.split("\n").filter((line) => line.startsWith("{")).flatMap((line) => (JSON.parse(line) as Answer<Shown>).data ?? []);
    const [{ decisions, attempts }] = shown.find(({ courierDecision }) => courierDecision)!.courierDecision!;
    const last = decisions.at(-1)!;
    expect(attempts.at(-1)).toMatchObject({ outcome: "booked", courier: last.chosen.split("/")[0] });
    expect(attempts.filter(({ courier, outcome }) => courier === down && outcome === "booked")).toEqual([]);
    expect({ last, around: wentAround(last, down) }).toMatchObject({ around: true });
    const { couriers } = shown.find(({ courierHealth }) => courierHealth)!.courierHealth!;
    expect(couriers).toContainEqual(expect.objectContaining({ party: down, state: expect.stringMatching(/open/) }));
    expect(output.trim().split("\n").at(-1)).toBe("comet, dales, flicker, snail, steady: back at work.");
  });
});

describe("README, a sale", () => {
  it("goes through its four steps, and shows the buyer what it says", async () => {
    const section = sectionOf("A sale");
    const [shop = ""] = stepsOf("A courier goes down");
    const output = await paste([shop, ...stepsOf("A sale")].join("\n"));
    const [live = "", ordered = ""] = blocksOf(section).filter(({ language, text }) => language === "json" || (language === "" && text.includes("ADMITTED"))).map(({ text }) => text.trim());
    expect(output).toContain(live);
    expect(output.trim().split("\n").at(-1)).toBe(ordered);
  });
});
