import { GraphQLError, NoSchemaIntrospectionCustomRule, parse, specifiedRules, validate, type DocumentNode, type GraphQLSchema, type ValidationRule } from "graphql";
import { DocumentCache } from "./document-cache.js";

export interface PreparerOptions {
  readonly schema: GraphQLSchema;
  readonly rules: readonly ValidationRule[];
  readonly tokensMax: number;
  readonly introspection: boolean;
}

/** Parses and checks documents that come over a socket by the rules that hold for HTTP. */
export function documentPreparer({ schema, rules, tokensMax, introspection }: PreparerOptions): (query: string) => DocumentNode | readonly GraphQLError[] {
  const cache = new DocumentCache();
  const allRules = [...specifiedRules, ...rules, ...(introspection ? [] : [NoSchemaIntrospectionCustomRule])];
  return (query) => {
    const known = cache.find(query);
    if (known) return known;
    const document = parseOrError(query, tokensMax);
    if (document instanceof GraphQLError) return [document];
    const errors = validate(schema, document, allRules, { maxErrors: 10 });
    if (errors.length > 0) return errors;
    cache.keep(query, document);
    return document;
  };
}

function parseOrError(query: string, maxLexicalTokens: number): DocumentNode | GraphQLError {
  try {
    return parse(query, { maxLexicalTokens });
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}
