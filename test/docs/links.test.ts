import { describe, expect, it } from "@jest/globals";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { localLinksOf, projectDirectory, readDocument } from "./markdown.js";

const documents = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", ...readdirSync(join(projectDirectory, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];

describe("links between documents", () => {
  it.each(documents)("%s links to files that are there", (document) => {
    const missing = localLinksOf(readDocument(document)).filter((target) => !existsSync(join(projectDirectory, dirname(document), target)));
    expect(missing).toEqual([]);
  });

  it("ARCHITECTURE.md names only files that are there", () => {
    const named = [...readDocument("ARCHITECTURE.md").matchAll(/`((?:src|migrations|scripts|bin|test|bench|docs)\/[\w./-]+)`/g)].map(([, path = ""]) => path);
    expect(named.filter((path) => !existsSync(join(projectDirectory, path)))).toEqual([]);
  });
});
