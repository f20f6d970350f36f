import { fileURLToPath } from "node:url";
import type { GraphQLSchema } from "graphql";
import { buildSchema } from "../platform/graphql/schema.js";
import { resolvers } from "./resolvers.js";

/** The committed contract. */
export const schemaFile = fileURLToPath(new URL("../../schema.graphql", import.meta.url));

/** The whole schema, of all contexts. */
export function schema(): GraphQLSchema {
  return buildSchema(resolvers);
}
