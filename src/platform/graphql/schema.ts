import "reflect-metadata";
import { lexicographicSortSchema, printSchema as print, type GraphQLSchema } from "graphql";
import { buildSchemaSync, type NonEmptyArray, type PubSub } from "type-graphql";
import { DateTime } from "./scalars.js";

/** TypeGraphQL asks for a bus of its own. Ours is the live port, so every subscription must bring its `subscribe`. */
const noPubSub: PubSub = {
  publish() {
    throw new Error("Live updates are pushed by the projector, not by resolvers.");
  },
  subscribe() {
    throw new Error("A subscription needs `subscribe: ({ args, context }) => …` that gives its own iterator.");
  },
};

/** The executable schema of these resolver classes. Nothing runs around a resolver: no validation, no middleware. */
export function buildSchema(resolvers: NonEmptyArray<abstract new () => object>): GraphQLSchema {
  return buildSchemaSync({
    resolvers,
    // Only what a field leads to: bases of payloads are not types of their own.
    orphanedTypes: [],
    validate: false,
    emitSchemaFile: false,
    disableInferringDefaultValues: true,
    scalarsMap: [{ type: Date, scalar: DateTime }],
    pubSub: noPubSub,
  });
}

/** The schema as text, sorted, so that it changes only when the schema does. Ends with a line break. */
export function printSchema(schema: GraphQLSchema): string {
  return `${print(lexicographicSortSchema(schema))}\n`;
}
