import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from "graphql";
import { ApiContext } from "./api-context.js";
import { reportCost } from "./operation-admission.js";

/** Executes, and adds what the context has for `extensions`. */
export async function executeOnce(args: ExecutionArgs): Promise<ExecutionResult> {
  return withExtensions(await execute(args), args);
}

/** A query or mutation as a whole: besides, what it did not cost is given back. */
export async function executeAndSettle(args: ExecutionArgs): Promise<ExecutionResult> {
  const result = await execute(args);
  if (args.contextValue instanceof ApiContext) reportCost(args.contextValue, result.data);
  return withExtensions(result, args);
}

function withExtensions(result: ExecutionResult, args: ExecutionArgs): ExecutionResult {
  const added = args.contextValue instanceof ApiContext ? args.contextValue.extensions() : null;
  return added ? { ...result, extensions: { ...result.extensions, ...added } } : result;
}

/**
 * As graphql-js's `subscribe`, but each event is resolved in a context of its own: loaders remember what
 * they have read, and a second event must not be answered from the first one's rows.
 */
export async function subscribeWithFreshContext(args: ExecutionArgs): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const events = source[Symbol.asyncIterator]();
  const resolve = async (result: IteratorResult<unknown>): Promise<IteratorResult<ExecutionResult>> => {
    if (result.done === true) return { done: true, value: undefined };
    const { contextValue } = args;
    const fresh = contextValue instanceof ApiContext ? contextValue.forNextEvent() : contextValue;
    return { done: false, value: await executeOnce({ ...args, rootValue: result.value, contextValue: fresh }) };
  };
  // Not an async generator: its `return` would wait for the event that is being waited for.
  const answers: AsyncIterableIterator<ExecutionResult> = {
    next: async () => resolve(await events.next()),
    async return() {
      await events.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => answers,
  };
  return answers;
}
