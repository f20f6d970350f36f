import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled, ApolloServerPluginInlineTraceDisabled, ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled, ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { GraphQLSchema, ValidationRule } from "graphql";
import type { Settings } from "../config/config.js";
import type { Logger } from "../log/logger.js";
import type { ApiMetrics } from "../metrics/metrics.js";
import { answerPlugin } from "./answer-plugin.js";
import type { ApiContext } from "./api-context.js";
import { DocumentCache } from "./document-cache.js";
import { presentError } from "./present-error.js";

export interface ApolloParts {
  readonly schema: GraphQLSchema;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly metrics: ApiMetrics;
  readonly rules: readonly ValidationRule[];
  readonly tokensMax: number;
}

/** Apollo with nothing that phones home, nothing that loads from elsewhere, and no hook that a request would pay for in vain. */
export function createApollo({ schema, settings, logger, metrics, rules, tokensMax }: ApolloParts): ApolloServer<ApiContext> {
  return new ApolloServer<ApiContext>({
    schema, logger,
    nodeEnv: settings.NODE_ENV,
    introspection: settings.NODE_ENV !== "production",
    csrfPrevention: true,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    documentStore: new DocumentCache(),
    parseOptions: { maxLexicalTokens: tokensMax },
    validationRules: [...rules],
    validationOptions: { maxErrors: 10 },
    formatError: (formatted, error) => presentError(error, formatted.extensions?.code),
    stringifyResult: (answer) => JSON.stringify(answer),
    plugins: [
      answerPlugin(metrics),
      ApolloServerPluginCacheControlDisabled(), ApolloServerPluginInlineTraceDisabled(), ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(), ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
