import { Arg, Ctx, ID, Query, Resolver } from "type-graphql";
import { requireOperator } from "../../platform/auth/access.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { Optional } from "../../platform/overload/importance.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import { orderIds } from "../orders/order.type.js";
import { readOpenJobs } from "./open-jobs.js";
import { attemptEntry, eventEntry, historyMax, readAttemptsOfOrder, readEventsOfOrder } from "./order-history.js";
import { OrderTraceType, type OrderTraceEntryType, type TraceEntryKind } from "./order-trace.type.js";

/** What happened at the same moment is told in this order: a fact, what it set off, what it left to do. */
const rank: Readonly<Record<TraceEntryKind, number>> = { EVENT: 0, ATTEMPT: 1, JOB: 2 };

@Resolver()
export class OrderTraceResolver {
  @Optional()
  @Cost({ weight: 50 })
  @Query(() => OrderTraceType, { nullable: true, description: "Operators: every event, attempt and open job of an order, with times and errors. Null where the node has no event of it." })
  async orderTrace(@Arg("orderId", () => ID) id: string, @Ctx() context: RequestContext): Promise<OrderTraceType | null> {
    requireOperator(context);
    const orderId = orderIds.read(id, "orderId");
    const node = context.readNode();
    const [events, attempts] = await Promise.all([readEventsOfOrder(node, orderId), readAttemptsOfOrder(node, orderId)]);
    if (events.length === 0) return null;
    const shown = events.slice(0, historyMax);
    const { jobs, problem } = await openJobs(context, shown.map(({ eventId }) => eventId));
    const entries = [...shown.map(eventEntry), ...attempts.slice(0, historyMax).map(attemptEntry), ...jobs].sort(byTime);
    return {
      orderId: id, entries, jobsKnown: problem === null, jobsProblem: problem,
      truncated: events.length > historyMax || attempts.length > historyMax,
    };
  }
}

/** A trace is asked for when something is wrong: a primary that does not answer takes nothing from the rest. */
async function openJobs({ primary, logger }: RequestContext, eventIds: readonly string[]): Promise<{ jobs: readonly OrderTraceEntryType[]; problem: string | null }> {
  try {
    return { jobs: await readOpenJobs(primary, eventIds), problem: null };
  } catch (error) {
    logger.warn({ err: error }, "the primary did not say which jobs of an order are open");
    return { jobs: [], problem: "The primary did not answer in time; ask again." };
  }
}

function byTime(one: OrderTraceEntryType, other: OrderTraceEntryType): number {
  return Date.parse(one.at) - Date.parse(other.at) || rank[one.kind] - rank[other.kind];
}
