import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "@jest/globals";
import { fileLines, lineBytesMax } from "../../src/cli/replay/file-lines.js";
import { baskets, survey } from "../../src/cli/replay/survey.js";

const fixture = fileURLToPath(new URL("../fixtures/baskets.csv", import.meta.url));
const supplied = join(process.env["MILLRACE_TEST_DATA"] ?? "../shared/data", "online-retail", "baskets.csv");
const whole = { first: 1, last: Infinity };
const directory = mkdtempSync(join(tmpdir(), "millrace-baskets-"));
afterAll(() => { rmSync(directory, { recursive: true }); });

async function linesOf(content: string | Buffer): Promise<readonly unknown[]> {
  const path = join(directory, "lines");
  writeFileSync(path, content);
  const lines: unknown[] = [];
  for await (const { number, text } of fileLines(path)) lines.push([number, text]);
  return lines;
}

describe("a file's lines", () => {
  it("end with a line break, of whatever kind, and the last one without", async () => {
    expect(await linesOf("one\ntwo\r\n\nfour")).toEqual([[1, "one"], [2, "two"], [3, ""], [4, "four"]]);
    expect(await linesOf("one\n")).toEqual([[1, "one"]]);
    expect(await linesOf("")).toEqual([]);
  });

  it("are whole where the file is read in pieces", async () => {
    const lines = Array.from({ length: 30_000 }, (_, place) => `${place}-é`);
    expect(await linesOf(lines.join("\n"))).toEqual(lines.map((text, place) => [place + 1, text]));
  });

  it("are not kept where they are too long, and the next one is read", async () => {
    expect(await linesOf(`one\n${"x".repeat(lineBytesMax + 1)}\nthree`)).toEqual([[1, "one"], [2, null], [3, "three"]]);
    expect(await linesOf("x".repeat(3 * lineBytesMax))).toEqual([[1, null]]);
  });
});

describe("a survey", () => {
  it("names every line that cannot be used, and every word that is no product", async () => {
    const found = await survey(fixture, whole);
    expect(found.linesTotal).toBe(70);
    expect(found.usable.size).toBe(65);
    expect(found.unusable).toEqual([
      { line: 15, reason: "no product in it" }, { line: 19, reason: "no product in it" }, { line: 30, reason: "no product in it" },
      { line: 34, reason: "501 different products; an order takes at most 500" }, { line: 50, reason: "no product in it" },
    ]);
    expect(Object.fromEntries(found.notProducts)).toMatchObject({ POST: { count: 1, firstLine: 4 }, "": { count: 4, firstLine: 42 }, gift_0001_20: { count: 1, firstLine: 23 } });
  });

  it("wants the same of the shop, whatever part is replayed", async () => {
    const [all, part] = [await survey(fixture, whole), await survey(fixture, { first: 10, last: 20 })];
    expect(part.demand).toEqual(all.demand);
    expect(part.fileId).toBe(createHash("sha256").update(readFileSync(fixture)).digest("hex").slice(0, 16));
    expect(part.unusable.map(({ line }) => line)).toEqual([15, 19]);
    expect([...part.notProducts.keys()]).toEqual(["M"]);
  });

  it("and the baskets agree", async () => {
    const { usable, demand } = await survey(fixture, whole);
    const lines: number[] = [];
    const ordered = new Map<string, number>();
    for await (const { line, items } of baskets(fixture, whole)) {
      lines.push(line);
      for (const { sku, quantity } of items) ordered.set(sku, (ordered.get(sku) ?? 0) + quantity);
    }
    expect(lines).toEqual([...usable]);
    expect(ordered).toEqual(demand);
  });

  it("of a file that is not there says so", async () => {
    await expect(survey(join(directory, "absent"), whole)).rejects.toThrow("ENOENT");
  });
});

const withSuppliedData = existsSync(supplied) ? describe : describe.skip;
if (!existsSync(supplied)) process.stderr.write(`Tests of the supplied baskets are skipped: there is no ${supplied} (MILLRACE_TEST_DATA).\n`);

withSuppliedData("the supplied baskets", () => {
  it("are read with all their dirt", async () => {
    const { linesTotal, usable, unusable, notProducts } = await survey(supplied, whole);
    expect({ lines: linesTotal, usable: usable.size, empty: unusable.filter(({ reason }) => reason === "no product in it").length }).toEqual({ lines: 25_900, usable: 25_235, empty: 616 });
    expect(unusable.find(({ line }) => line === 85)?.reason).toBe("522 different products; an order takes at most 500");
    expect(notProducts.get("POST")).toEqual({ count: 1_256, firstLine: 6 });
  });
});
