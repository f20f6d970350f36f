import { describe, expect, it } from "@jest/globals";
import { readTables, views } from "../../src/cli/projections.js";

describe("the read tables", () => {
  it("have names and view names of their own", () => {
    const names = [...readTables.map((table) => table.projection.name), ...views.map((view) => view.name)];
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(names.map(() => expect.stringMatching(/^[a-z_]{1,40}$/)));
  });

  it("hold every column that their views read from", () => {
    const known = new Set(readTables.map(({ projection }) => projection.name));
    for (const view of views) {
      expect(view.reads.filter((name) => !known.has(name))).toEqual([]);
      const asked: string[] = [];
      view.sql((name) => (asked.push(name), name));
      expect(new Set(asked)).toEqual(new Set(view.reads));
    }
  });

  it("look as they were meant to", () => {
    const shapes = Object.fromEntries(readTables.map(({ projection, columns, indexes }) => [
      `${projection.name}_v${String(projection.version)}`,
      { columns: columns.map(({ name, type, nullable }) => `${name} ${type}${nullable ? "" : " NOT NULL"}`), indexes: indexes.map(({ columns: parts }) => parts.join(", ")) },
    ]));
    expect(shapes).toMatchSnapshot();
  });
});
