import type { ApolloServerPlugin, GraphQLRequestContextWillSendResponse, GraphQLRequestListener } from "@apollo/server";
import { Kind, type DocumentNode, type FormattedExecutionResult, type OperationDefinitionNode, type SelectionSetNode } from "graphql";
import type { ApiMetrics } from "../metrics/metrics.js";
import type { ApiContext } from "./api-context.js";
import { admit, reportCost } from "./operation-admission.js";
import { causeOf, failureHead, isBug, withRequestId } from "./present-error.js";

/**
 * Finishes each answer: the request id in its errors, status and Retry-After of system failures,
 * `extensions`, and the measurements. One listener for all requests, since a hook gets all it needs.
 */
export function answerPlugin(metrics: ApiMetrics): ApolloServerPlugin<ApiContext> {
  const listener: GraphQLRequestListener<ApiContext> = {
    didResolveOperation({ contextValue, document, operation, request: { variables, extensions } }) {
      if (contextValue.hasIdempotencyHeader && operation) contextValue.rootFields = countRootFields(document, operation);
      return admit(contextValue, { document, operation, variables, extensions });
    },
    willSendResponse(request) {
      finish(request, metrics);
      return Promise.resolve();
    },
  };
  const started = Promise.resolve(listener);
  return {
    requestDidStart: () => started,
    unexpectedErrorProcessingRequest({ error, requestContext: { contextValue, operationName } }) {
      contextValue.logger.error({ err: error, operationName }, "Answering failed in a way nobody foresaw");
      return Promise.resolve();
    },
  };
}

function finish({ response, errors, contextValue, operationName }: GraphQLRequestContextWillSendResponse<ApiContext>, metrics: ApiMetrics): void {
  if (response.body.kind !== "single") return;
  const result = response.body.singleResult;
  if (errors && result.errors) {
    const { requestId, logger } = contextValue;
    result.errors = result.errors.map((error) => withRequestId(error, requestId));
    for (const [place, presented] of result.errors.entries()) {
      metrics.failed(presented.extensions?.code);
      if (isBug(presented)) logger.error({ err: causeOf(errors[place]), path: presented.path, operationName }, "A resolver failed in a way nobody foresaw");
    }
    const head = failureHead(errors);
    if (head?.retryAfterSeconds) response.http.headers.set("retry-after", String(Math.ceil(head.retryAfterSeconds)));
    if (head && answersNothing(result)) response.http.status = head.status;
  }
  reportCost(contextValue, result.data);
  const extensions = contextValue.extensions();
  if (extensions) result.extensions = { ...result.extensions, ...extensions };
  metrics.answered(operationName, contextValue.startedAt, errors !== undefined);
}

/** An answer of which a part came through keeps its 200; proxies and clients would drop it otherwise. */
function answersNothing({ data }: FormattedExecutionResult): boolean {
  return !data || Object.values(data).every((value) => value === null);
}

const counted = new WeakMap<OperationDefinitionNode, number>();

/** Root fields of an operation, through fragments. Counted once a parsed document. */
export function countRootFields(document: DocumentNode, operation: OperationDefinitionNode): number {
  const before = counted.get(operation);
  if (before !== undefined) return before;
  const count = countFields(document, operation.selectionSet);
  counted.set(operation, count);
  return count;
}

// Fragments cannot hold a circle here: the document was validated.
function countFields(document: DocumentNode, { selections }: SelectionSetNode): number {
  return selections.reduce((sum, selection) => {
    if (selection.kind === Kind.FIELD) return sum + 1;
    if (selection.kind === Kind.INLINE_FRAGMENT) return sum + countFields(document, selection.selectionSet);
    const fragment = document.definitions.find((definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value);
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? sum + countFields(document, fragment.selectionSet) : sum;
  }, 0);
}
