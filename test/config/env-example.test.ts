import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { settingsSchema } from "../../src/platform/config/config.js";

interface Documented {
  readonly name: string;
  readonly value: string;
  /** The line above it. */
  readonly comment: string;
}

const lines = readFileSync(new URL("../../.env.example", import.meta.url), "utf8").split("\n");

const documented = lines.flatMap((line, index): Documented[] => {
  const [, name, value] = /^#?([A-Z][A-Z_]*)=(.*)$/.exec(line) ?? [];
  return name === undefined || value === undefined ? [] : [{ name, value, comment: lines[index - 1] ?? "" }];
});

describe(".env.example", () => {
  it("names every setting once and nothing else", () => {
    expect(documented.map(({ name }) => name).sort()).toEqual(Object.keys(settingsSchema.shape).sort());
  });

  it.each(documented)("says in one sentence what $name is, and its default", ({ comment }) => {
    expect(comment).toMatch(/^# [A-Z].+ (Default |No default)[^#]*\.$/);
  });

  it.each(documented)("shows $name as it would be without it, or a value that is accepted", ({ name, value, comment }) => {
    const setting = settingsSchema.shape[name as keyof typeof settingsSchema.shape];
    const shown: unknown = setting.parse(value);
    const byDefault: unknown = setting.parse(undefined);
    expect(shown).toEqual(byDefault ?? expect.anything());
    expect(comment).toContain(byDefault === undefined ? "No default" : `Default ${value}`);
  });
});
