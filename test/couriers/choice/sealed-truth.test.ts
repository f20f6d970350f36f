import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { ESLint } from "eslint";
import tseslint from "typescript-eslint";

const eslint = new ESLint({
  cwd: fileURLToPath(new URL("../../..", import.meta.url)),
  overrideConfig: [{ ...tseslint.configs.disableTypeChecked, files: ["**/*.ts"] }],
});

async function lint(path: string, text: string): Promise<readonly string[]> {
  const results = await eslint.lintText(`${text}\n`, { filePath: path });
  return results.flatMap(({ messages }) => messages.map(({ message }) => message));
}

const imports = (specifier: string): string => `import { some } from "${specifier}";\nexport const other = some;`;
const outOfReach = [expect.stringMatching(/out of the chooser's reach/)];

describe("the truth is out of the chooser's reach", () => {
  it.each([
    ["the truth", imports("../truth/world.js")],
    ["the truth by a detour", imports("./../ours/../truth/world.js")],
    ["a rival who knows it", imports("../rivals/rivals.js")],
    ["who plays the seasons", imports("../seeds.js")],
    ["a simulator", imports("../../../src/simulators/couriers/courier-books.js")],
    ["its types", 'import type { World } from "../truth/world.js";\nexport type Other = World;'],
    ["a type named in place", 'export type Other = import("../truth/world.js").World;'],
    ["what it hands on", 'export { some } from "../truth/world.js";'],
    ["all that it hands on", 'export * from "../truth/world.js";'],
    ["it on demand", 'export const some = import("../truth/world.js");'],
    ["a name that is put together", 'export const some = (name: string) => import("../" + name);'],
    ["Node's own way to files", imports("node:fs")],
    ["who loads modules", imports("node:module")],
    ["whatever the process has loaded", "export const some = process;"],
    ["it with the rule switched off", `/* eslint-disable */\n${imports("../truth/world.js")}`],
  ])("the driver cannot import %s", async (_what, text) => {
    expect(await lint("bench/couriers/ours/driver.ts", text)).toEqual(expect.arrayContaining(outOfReach));
  });

  it("nor can the words that it is told in", async () => {
    expect(await lint("bench/couriers/reports.ts", imports("./truth/world.js"))).toEqual(outOfReach);
  });

  it("nor the chooser itself", async () => {
    const law = [expect.stringMatching(/^The law of imports: /)];
    expect(await lint("src/commands/shipping/choice/choose.ts", imports("../../../simulators/couriers/courier-books.js"))).toEqual(law);
    expect(await lint("src/commands/shipping/choice/choose.ts", imports("../../../../bench/couriers/truth/world.js"))).toEqual(law);
  });

  it("while the driver may import the chooser and the reports, and the rivals the truth", async () => {
    expect(await lint("bench/couriers/ours/driver.ts", imports("../../../src/commands/shipping/choice/choose.js"))).toEqual([]);
    expect(await lint("bench/couriers/ours/driver.ts", imports("../reports.js"))).toEqual([]);
    expect(await lint("bench/couriers/rivals/rivals.ts", imports("../truth/world.js"))).toEqual([]);
  });
});
