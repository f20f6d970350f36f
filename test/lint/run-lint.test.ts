import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "@jest/globals";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const copies: string[] = [];

/** A small repository under the same rules, with these files. */
function copyWith(files: Readonly<Record<string, string>>): string {
  const copy = mkdtempSync(join(tmpdir(), "millrace-lint-"));
  copies.push(copy);
  for (const path of ["package.json", "tsconfig.json", "eslint.config.js", "scripts/lint"]) {
    cpSync(join(repository, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(repository, "node_modules"), join(copy, "node_modules"), "dir");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  }
  return copy;
}

function npmRunLint(files: Readonly<Record<string, string>>): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync("npm", ["run", "--silent", "lint"], {
    cwd: copyWith(files), encoding: "utf8", timeout: 60_000, shell: process.platform === "win32",
  });
  return { status, output: stdout + stderr };
}

const decider = "src/commands/orders/order.decider.ts";
const type = "src/queries/orders/order.type.ts";

describe("npm run lint", () => {
  afterAll(() => {
    for (const copy of copies) rmSync(copy, { recursive: true, force: true });
  });

  it("passes where the law is kept", () => {
    expect(npmRunLint({
      "src/events/orders.ts": "export interface OrderPlaced {\n  readonly orderId: string;\n}\n",
      [decider]: 'import type { OrderPlaced } from "../../events/orders.js";\n\nexport const idOf = (event: OrderPlaced): string => event.orderId;\n',
      "src/kernel/ids.ts": "export const isUuid = (text: string): boolean => text.length === 36;\n",
      [type]: 'import { isUuid } from "../../kernel/ids.js";\n\nexport const isOrder = isUuid;\n',
    })).toEqual({ status: 0, output: "" });
  });

  it("fails on a forbidden import", () => {
    const { status, output } = npmRunLint({
      [decider]: "export const limit = 500;\n",
      [type]: 'import { limit } from "../../commands/orders/order.decider.js";\n\nexport const linesMax = limit;\n',
    });
    expect(status).toBe(1);
    expect(output).toContain(`The law of imports: ${type} must not import ${decider}`);
    expect(output).toContain("1 problem");
  });

  it("fails on a clock in a decider", () => {
    const { status, output } = npmRunLint({ [decider]: "export const now = (): string => new Date().toISOString();\n" });
    expect(status).toBe(1);
    expect(output).toContain("This file is pure: no clock.");
    expect(output).toContain("1 problem");
  });
});
