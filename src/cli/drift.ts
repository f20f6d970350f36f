import { schemaDrift } from "./schema.js";
import { schema, schemaFile } from "./schema-of-all.js";

/** Checks generated files against the code. @returns the exit code: 1 where one of them is out of date */
export async function drift(report: (line: string) => void): Promise<number> {
  const problem = await schemaDrift(schema(), schemaFile);
  report(problem ?? "schema.graphql says what the code does.");
  return problem === null ? 0 : 1;
}
