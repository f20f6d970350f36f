import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { ESLint } from "eslint";
import tseslint from "typescript-eslint";

// The repository's own rules; only types are left out, since the files exist in this test alone.
const eslint = new ESLint({
  cwd: fileURLToPath(new URL("../..", import.meta.url)),
  overrideConfig: [{ ...tseslint.configs.disableTypeChecked, files: ["**/*.ts"] }],
});

/** What the linter says of a file of src with this text. */
async function lint(path: string, ...lines: readonly string[]): Promise<readonly string[]> {
  const results = await eslint.lintText(`${lines.join("\n")}\n`, { filePath: `src/${path}` });
  return results.flatMap(({ messages }) => messages.map(({ message }) => message));
}

const forbids = [expect.stringMatching(/^The law of imports: /)];
const isImpure = [expect.stringMatching(/^This file is pure: /)];
const imports = (specifier: string): string => `import { some } from "${specifier}";\nexport const other = some;`;

describe("the law of imports", () => {
  it("says what must not be imported, by whom, and why", async () => {
    expect(await lint("queries/orders/order.resolver.ts", imports("../../commands/orders/cancel-order.js"))).toEqual([
      "The law of imports: src/queries/orders/order.resolver.ts must not import src/commands/orders/cancel-order.ts; "
      + "queries import their own context, another's *.type.ts and *.loader.ts, projections, platform, events and the kernel.",
    ]);
  });

  it.each([
    ["commands/orders/order.mutations.ts", "../../queries/orders/order.type.js"],
    ["commands/orders/order.process.ts", "../../projections/orders/order-card.table.js"],
    ["commands/orders/order.job.ts", "../payments/charge.job.js"],
    ["commands/payments/charge.job.ts", "../orders/order.decider.js"],
    ["commands/payments/payment.process.ts", "../orders/stock.write-state.js"],
    ["queries/orders/order.resolver.ts", "../../commands/inventory/inventory.steps.js"],
    ["queries/orders/order.resolver.ts", "../payments/payment.resolver.js"],
    ["queries/orders/order.resolver.ts", "../../gateways/payments/payment-gateway.js"],
    ["projections/orders/order-card.view.ts", "../../commands/orders/order.write-state.js"],
    ["projections/orders/order-card.view.ts", "../../queries/orders/order.type.js"],
    ["projections/orders/order-card.view.ts", "../payments/payment.table.js"],
    ["events/orders.ts", "../commands/orders/place-order.js"],
    ["events/orders.ts", "../platform/errors.js"],
    ["events/orders.ts", "zod"],
    ["kernel/money.ts", "../events/orders.js"],
    ["kernel/money.ts", "../platform/errors.js"],
    ["kernel/money.ts", "zod"],
    ["platform/bus/bus.ts", "../../commands/orders/place-order.js"],
    ["platform/bus/bus.ts", "../../queries/orders/order.type.js"],
    ["platform/bus/bus.ts", "../../projections/orders/order-card.table.js"],
    ["platform/bus/bus.ts", "../../gateways/payments/payment-gateway.js"],
    ["platform/bus/bus.ts", "../../events/operations.js"],
    ["platform/alerts/alerts.ts", "../../events/orders.js"],
    ["gateways/payments/adapter.ts", "../../commands/payments/charge.job.js"],
    ["gateways/payments/adapter.ts", "../../simulators/payments/server.js"],
    ["simulators/payments/server.ts", "../../gateways/payments/adapter.js"],
    ["commands/orders/order.job.ts", "../../simulators/payments/server.js"],
    ["platform/bus/bus.ts", "../../cli/start.js"],
    ["cli/start.ts", "../main.js"],
    ["helpers/text.ts", "../kernel/money.js"],
    ["platform/bus/bus.ts", "../../../test/support/database.js"],
  ])("%s must not import %s", async (path, specifier) => {
    expect(await lint(path, imports(specifier))).toEqual(forbids);
  });

  it.each([
    ["main.ts", "./queries/orders/order.resolver.js"],
    ["main.ts", "./cli/start.js"],
    ["cli/start.ts", "../simulators/payments/server.js"],
    ["cli/start.ts", "../commands/orders/place-order.js"],
    ["kernel/ids.ts", "uuid"],
    ["kernel/ids.ts", "node:crypto"],
    ["kernel/money.ts", "currency-codes"],
    ["kernel/command.ts", "./decider.js"],
    ["events/orders.ts", "./inventory.js"],
    ["events/orders.ts", "../kernel/event.js"],
    ["platform/bus/bus.ts", "../postgres/connection.js"],
    ["platform/bus/bus.ts", "../../kernel/command.js"],
    ["platform/bus/bus.ts", "pg"],
    ["platform/alerts/alerts.ts", "../../events/operations.js"],
    ["gateways/payments/adapter.ts", "../../platform/errors.js"],
    ["simulators/payments/server.ts", "../../gateways/payments/webhook-signature.js"],
    ["commands/orders/order.job.ts", "../../gateways/payments/payment-gateway.js"],
    ["commands/orders/order.process.ts", "./place-order.js"],
    ["commands/orders/order.process.ts", "../inventory/inventory.steps.js"],
    ["commands/orders/place-order.ts", "../inventory/inventory.steps.js"],
    ["commands/orders/place-order.ts", "./order.write-state.js"],
    ["commands/inventory/inventory.steps.ts", "./stock.write-state.js"],
    ["commands/orders/order.decider.ts", "./pricing.js"],
    ["commands/orders/order.decider.ts", "../../events/orders.js"],
    ["commands/orders/order.decider.ts", "../../kernel/money.js"],
    ["projections/orders/order-card.table.ts", "../../platform/projector/read-node.js"],
    ["projections/orders/order-card.projection.ts", "../../kernel/projection.js"],
    ["queries/orders/order.resolver.ts", "../../projections/orders/order-card.table.js"],
    ["queries/orders/order.resolver.ts", "../shipping/shipment.type.js"],
    ["queries/orders/order.resolver.ts", "../shipping/shipment.loader.js"],
  ])("%s may import %s", async (path, specifier) => {
    expect(await lint(path, imports(specifier))).toEqual([]);
  });

  it.each([
    ["a type", 'import type { some } from "../../commands/orders/place-order.js";\nexport type Other = some;'],
    ["a type named in place", 'export type Other = import("../../commands/orders/place-order.js").Other;'],
    ["an export", 'export { some } from "../../commands/orders/place-order.js";'],
    ["an export of everything", 'export * from "../../commands/orders/place-order.js";'],
    ["an import on demand", 'export const some = import("../../commands/orders/place-order.js");'],
    ["an import on demand in backquotes", "export const some = import(`../../commands/orders/place-order.js`);"],
    ["a name that is put together", 'export const some = (name: string) => import("../../commands/" + name);'],
    ["the long way round", 'import "../../queries/../commands/orders/place-order.js";'],
  ])("holds for %s", async (_way, text) => {
    expect(await lint("queries/orders/order.resolver.ts", text)).toEqual(expect.arrayContaining(forbids));
  });
});

describe("what pure files may import", () => {
  it.each([
    ["commands/orders/order.decider.ts", "../../platform/errors.js"],
    ["commands/orders/order.decider.ts", "../../gateways/payments/payment-gateway.js"],
    ["commands/orders/order.decider.ts", "./order.process.js"],
    ["commands/orders/order.decider.ts", "./order.write-state.js"],
    ["commands/orders/order.decider.ts", "../inventory/inventory.steps.js"],
    ["commands/orders/order.decider.ts", "node:crypto"],
    ["commands/inventory/inventory.steps.ts", "../../platform/errors.js"],
    ["commands/inventory/inventory.steps.ts", "kysely"],
    ["commands/orders/place-order.ts", "../../platform/config/config.js"],
    ["projections/orders/order-card.projection.ts", "./order-card.table.js"],
    ["projections/orders/order-card.projection.ts", "kysely"],
  ])("%s must not import %s", async (path, specifier) => {
    expect(await lint(path, imports(specifier))).toEqual(forbids);
  });

  it.each([
    ["commands/orders/order.decider.ts", "./order.write-state.js"],
    ["commands/orders/place-order.ts", "../../platform/config/config.js"],
    ["projections/orders/order-card.projection.ts", "./order-card.table.js"],
  ])("%s may take types from %s", async (path, specifier) => {
    expect(await lint(path, `import type { some } from "${specifier}";\nexport type Other = some;`)).toEqual([]);
  });

  it("no new ids", async () => {
    const text = 'import { nameId, newId } from "../../kernel/ids.js";\nexport const ids = () => [newId(), nameId("a")];';
    expect(await lint("commands/orders/order.decider.ts", text)).toEqual(forbids);
    expect(await lint("commands/orders/order.job.ts", text)).toEqual([]);
  });
});

describe("purity", () => {
  const impureTexts = [
    "export const now = () => new Date();",
    "export const now = () => Date.now();",
    "export const { now } = Date;",
    "export const chance = () => Math.random();",
    'export const chance = () => Math["random"]();',
    "export const { random } = Math;",
    "export const id = () => crypto.randomUUID();",
    "export const port = () => process.env.PORT;",
    "export const all = () => globalThis;",
    "export const later = () => setTimeout(later, 10);",
    'export const ask = () => fetch("http://localhost");',
    'export const say = () => console.log("hello");',
    "export const elapsed = () => performance.now();",
    "export const wait = async () => {};",
    "export async function* wait() { yield 1; }",
    "export let count = 0;",
    "export const here = import.meta.url;",
  ];
  const pureFiles = [
    "commands/orders/order.decider.ts", "commands/inventory/inventory.steps.ts", "commands/orders/place-order.ts",
    "projections/orders/order-card.projection.ts", "kernel/decider.ts", "events/orders.ts",
  ];

  it.each(impureTexts)("forbids in a decider: %s", async (text) => {
    expect(await lint("commands/orders/order.decider.ts", text)).toEqual(expect.arrayContaining(isImpure));
  });

  it.each(pureFiles)("forbids a clock in %s", async (path) => {
    expect(await lint(path, "export const now = () => new Date();")).toEqual(isImpure);
    expect(await lint(path, "export const now = () => Date.now();")).toEqual(isImpure);
  });

  it.each(["commands/orders/order.job.ts", "commands/orders/order.mutations.ts", "platform/bus/bus.ts", "queries/orders/order.resolver.ts", "main.ts"])(
    "lets %s look at the clock", async (path) => {
      expect(await lint(path, "export const now = async () => new Date(await Promise.resolve(Math.random()));")).toEqual([]);
    });

  it("lets the kernel and projections read a given time, and deciders not even that", async () => {
    const text = "export const hour = (at: string) => new Date(at).getUTCHours() + Date.parse(at) + Date.UTC(2000);";
    expect(await lint("projections/orders/order-card.projection.ts", text)).toEqual([]);
    expect(await lint("kernel/time.ts", text)).toEqual([]);
    expect(await lint("commands/orders/order.decider.ts", text)).toEqual([...isImpure, ...isImpure, ...isImpure]);
  });

  it("knows a name of the file's own from the global one", async () => {
    const text = "export const kept = (process: { readonly id: string }, console: string) => [process.id, console, Math.max(1, 2)];";
    expect(await lint("commands/orders/order.decider.ts", text)).toEqual([]);
  });

  it("cannot be switched off in a decider", async () => {
    const text = "export const now = () => new Date(); // eslint-disable-line millrace/pure";
    expect(await lint("commands/orders/order.decider.ts", text)).toEqual(expect.arrayContaining(isImpure));
  });
});
