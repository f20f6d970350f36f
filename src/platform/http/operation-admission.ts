import { getOperationAST, GraphQLError, type DocumentNode, type OperationDefinitionNode } from "graphql";
import { SystemError } from "../errors.js";
import type { Variables } from "../rate-limits/operation-cost.js";
import type { ApiContext } from "./api-context.js";

interface Operation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode | null | undefined;
  readonly variables: Variables;
  readonly extensions: Readonly<Record<string, unknown>> | null | undefined;
}

/** What an operation needs before it may begin. Callers who want `extensions.cost` send `"extensions": {"cost": true}`. @throws SystemError RATE_LIMITED, QUERY_TOO_COSTLY */
export async function admit({ admission, costs }: ApiContext, { document, operation, variables, extensions }: Operation): Promise<void> {
  if (operation) await admission.admit(costs.of(document, operation), variables, extensions?.["cost"] === true);
}

/** Each operation of a socket is counted as a request would be. */
export async function admitOnSocket(
  context: ApiContext, document: DocumentNode,
  { operationName, variables, extensions }: { readonly operationName?: string | null | undefined; readonly variables?: Variables; readonly extensions?: Readonly<Record<string, unknown>> | null | undefined },
): Promise<GraphQLError | null> {
  try {
    await context.admission.enter();
    context.admission.identify(context.actor);
    await admit(context, { document, operation: getOperationAST(document, operationName), variables, extensions });
    return null;
  } catch (error) {
    if (error instanceof SystemError) return new GraphQLError(error.message, { originalError: error });
    throw error;
  }
}

/** Gives back what the answer did not cost, and tells the caller where it asked. */
export function reportCost(context: ApiContext, data: unknown): void {
  const report = context.admission.settle(data);
  if (report) context.extend("cost", report);
}
