import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const projectDirectory = fileURLToPath(new URL("../..", import.meta.url));

/** A fenced block of a document: its language (empty where none is named) and its text. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

export function readDocument(path: string): string {
  return readFileSync(join(projectDirectory, path), "utf8");
}

export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({ language, text }));
}

/** Targets of links into the repository, without their anchors. */
export function localLinksOf(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target.split("#")[0] ?? "").filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}

/** `…` inside a text of the expected JSON stands for any text. */
export function matches(expected: unknown, found: unknown): boolean {
  if (typeof expected === "string" && expected.includes("…")) {
    const parts = expected.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return typeof found === "string" && new RegExp(`^${parts.join(".+")}$`).test(found);
  }
  if (typeof expected !== "object" || expected === null || typeof found !== "object" || found === null) return Object.is(expected, found);
  const [wanted, given] = [Object.entries(expected), Object.entries(found)];
  return wanted.length === given.length && wanted.every(([name, value]) => matches(value, (found as Record<string, unknown>)[name]));
}
