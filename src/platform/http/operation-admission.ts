import { getOperationAST, GraphQLError, OperationTypeNode, type DocumentNode, type OperationDefinitionNode } from "graphql";
import { SystemError } from "../errors.js";
import type { Variables } from "../rate-limits/operation-cost.js";
import type { ApiContext, ContextParts } from "./api-context.js";

const tooMany = "Too many requests are at work already. Nothing was begun; repeat with the same key.";

interface Operation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode | null | undefined;
  readonly variables: Variables;
  readonly extensions: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * What an operation needs before it may begin: somebody who waits for it, a process that is not pressed too hard, and room
 * in the rate limits. Callers who want `extensions.cost` send `"extensions": {"cost": true}`.
 * @throws SystemError DEADLINE_EXCEEDED, OVERLOADED, RATE_LIMITED, QUERY_TOO_COSTLY
 */
export async function admit({ admission, costs, caller, overload, importance }: ApiContext, { document, operation, variables, extensions }: Operation): Promise<void> {
  if (!operation) return;
  if (operation.operation === OperationTypeNode.QUERY && overload.sheds) {
    const found = importance.of(document, operation);
    importance.remember(document, found);
    overload.admitQuery(found);
  }
  await admission.admit(costs.of(document, operation), variables, extensions?.["cost"] === true);
  caller.stillThere();
}

/** Refuses a query that was refused or served under load before, by its text alone. @throws SystemError OVERLOADED, DEGRADED */
export function shedKnownQuery({ overload, importance }: Pick<ContextParts, "overload" | "importance">, body: unknown): void {
  if (!overload.sheds || typeof body !== "object" || body === null || !("query" in body) || typeof body.query !== "string") return;
  const known = importance.ofText(body.query);
  if (known) overload.admitQuery(known);
}

/** Each operation of a socket is counted as a request would be. */
export async function admitOnSocket(
  context: ApiContext, document: DocumentNode,
  { operationName, variables, extensions }: { readonly operationName?: string | null | undefined; readonly variables?: Variables; readonly extensions?: Readonly<Record<string, unknown>> | null | undefined },
): Promise<GraphQLError | null> {
  const operation = getOperationAST(document, operationName);
  try {
    // The door of sockets: a subscription is no work, it waits.
    if (context.overload.isFull && operation?.operation !== OperationTypeNode.SUBSCRIPTION) throw context.overload.refuse("request", tooMany);
    await context.admission.enter();
    context.admission.identify(context.actor);
    await admit(context, { document, operation, variables, extensions });
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
