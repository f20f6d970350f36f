import { describe, expect, it } from "@jest/globals";
import { printSchema } from "../../src/platform/graphql/schema.js";
import { sampleSchema } from "./sample-schema.js";

describe("the schema's text", () => {
  it("shows the conventions, sorted, and nothing that no field leads to", () => {
    const text = printSchema(sampleSchema());
    expect(text).toBe(printSchema(sampleSchema()));
    expect(text).toMatchSnapshot();
  });
});
