import { readFile, writeFile } from "node:fs/promises";
import type { GraphQLSchema } from "graphql";
import { printSchema } from "../platform/graphql/schema.js";

/** Writes the schema's text, the contract that a change's reader sees. */
export async function writeSchemaFile(schema: GraphQLSchema, path: string): Promise<void> {
  await writeFile(path, printSchema(schema));
}

/** Null where the file says what the code does; otherwise one line that says what to do. */
export async function schemaDrift(schema: GraphQLSchema, path: string): Promise<string | null> {
  const found = await readFile(path, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  });
  const expected = printSchema(schema);
  if (found === expected) return null;
  if (found === null) return `${path} is missing: write it with \`millrace schema --write\`.`;
  const lines = found.split("\n");
  const line = expected.split("\n").findIndex((text, place) => text !== lines[place]) + 1;
  return `${path} differs from the code, first in line ${String(line || expected.split("\n").length)}: write it again with \`millrace schema --write\` and look at the difference.`;
}
