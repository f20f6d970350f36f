import { describe, expect, it } from "@jest/globals";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { schemaDrift, writeSchemaFile } from "../../src/cli/schema.js";
import { sampleSchema } from "./sample-schema.js";

describe("the committed schema", () => {
  it("is told from the code's: missing, changed, the same", async () => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-schema-"));
    const path = join(folder, "schema.graphql");
    try {
      expect(await schemaDrift(sampleSchema(), path)).toContain("is missing");
      await writeSchemaFile(sampleSchema(), path);
      expect(await schemaDrift(sampleSchema(), path)).toBeNull();
      await writeFile(path, (await readFile(path, "utf8")).replace("scalar DateTime", "scalar Moment"));
      expect(await schemaDrift(sampleSchema(), path)).toContain("first in line 7");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
