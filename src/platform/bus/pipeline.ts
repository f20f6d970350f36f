import type { QueryResult } from "pg";
import { sqlStateOf } from "./failure.js";

/**
 * Waits for all statements of a pipeline. When one fails the server skips the rest of the transaction and says so
 * for each (25P02); what counts is the first real error.
 */
export async function settlePipeline(queries: readonly Promise<QueryResult>[]): Promise<readonly QueryResult[]> {
  const settled = await Promise.allSettled(queries);
  const failures = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  if (failures.length > 0) throw failures.find((failure) => sqlStateOf(failure) !== "25P02") ?? failures[0];
  return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}
