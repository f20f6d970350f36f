import type { z } from "zod";

const kinds: Readonly<Record<string, string>> = {
  number: "a number", int: "a whole number", string: "a text in quotes", boolean: "true or false", array: "a list […]", tuple: "a list […]", object: "an object {…}", record: "an object {…}",
};

/** What a value must be, for the person who wrote it. Fields that say it in words of their own keep these. */
export const plainWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type": return issue.input === undefined ? "is missing" : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case "too_small": return bound(issue.origin, "at least", issue.inclusive === false ? "more than" : "at least", issue.minimum);
    case "too_big": return bound(issue.origin, "at most", issue.inclusive === false ? "less than" : "at most", issue.maximum);
    case "invalid_value": return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "invalid_format": return issue.format === "url" ? "must be a URL, e.g. https://shop.example" : undefined;
    case "unrecognized_keys": return `there is no field ${issue.keys.join(", ")}`;
    default: return undefined;
  }
};

function bound(origin: string, some: string, much: string, limit: number | bigint): string {
  if (origin === "array") return `must have ${some} ${String(limit)} ${limit === 1 ? "entry" : "entries"}`;
  if (origin === "string") return `must have ${some} ${String(limit)} ${limit === 1 ? "character" : "characters"}`;
  return `must be ${much} ${String(limit)}`;
}
