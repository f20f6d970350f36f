import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Journal } from "../../src/simulators/journal.js";
import { eventually } from "./webhook-receiver.js";

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "millrace-journal-"));
  file = join(directory, "deep", "journal.jsonl");
});
afterEach(() => { rmSync(directory, { recursive: true }); });

function reopened(): { journal: Journal<number>; lines: number[] } {
  const lines: number[] = [];
  return { journal: Journal.open<number>(file, (line) => { lines.push(line); }), lines };
}

describe("a simulator's journal", () => {
  it("has each line before append returns, lazy ones soon, all in order", async () => {
    const { journal } = reopened();
    journal.append(1);
    expect(readFileSync(file, "utf8")).toBe("1\n");
    journal.appendLazily(2);
    expect(readFileSync(file, "utf8")).toBe("1\n");
    journal.append(3);
    expect(readFileSync(file, "utf8")).toBe("1\n2\n3\n");
    journal.appendLazily(4);
    await eventually("the lazy line", () => readFileSync(file, "utf8").endsWith("4\n"));
    journal.appendLazily(5);
    journal.close();
    expect(() => { journal.append(6); }).toThrow("stopped");
    const again = reopened();
    again.journal.close();
    expect(again.lines).toEqual([1, 2, 3, 4, 5]);
  });
  it("removes a line that was cut short, and names one that cannot be read", () => {
    reopened().journal.close();
    writeFileSync(file, "1\n2\n3");
    const { journal, lines } = reopened();
    journal.append(4);
    journal.close();
    expect(lines).toEqual([1, 2]);
    expect(readFileSync(file, "utf8")).toBe("1\n2\n4\n");
    writeFileSync(file, "1\n{\n3\n");
    expect(() => reopened()).toThrow("line 2");
  });
  it("without a file keeps nothing", () => {
    const journal = Journal.open<number>(undefined, () => { throw new Error("nothing to read"); });
    journal.append(1);
    journal.appendLazily(2);
    journal.close();
  });
});
