import { Arg, Args, ArgsType, Ctx, Field, ID, Query, Resolver } from "type-graphql";
import { isUuid } from "../../kernel/ids.js";
import { requireOperator } from "../../platform/auth/access.js";
import { askPrimary } from "../../platform/dead-letters/ask-primary.js";
import { listDeadLetters, readDeadLetter, type Reader } from "../../platform/dead-letters/dead-letter.js";
import { deadLetterIds } from "../../platform/dead-letters/letter-id.js";
import { openLetter, readLetterHistory, type LetterHistory, type OpenedLetter } from "../../platform/dead-letters/look-inside.js";
import { ConnectionArgs, connectionOf, readPage, type Connection } from "../../platform/graphql/connection.js";
import { isTimestampPart } from "../../platform/graphql/cursor.js";
import { readText } from "../../platform/graphql/input-text.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import { orderIds } from "../orders/order.type.js";
import { DeadLetterConnection, DeadLetterDetailsType, deadLetterType, type DeadLetterType } from "./dead-letter.type.js";

const queueLengthMax = 200;

@ArgsType()
class DeadLettersArgs extends ConnectionArgs {
  @Field(() => String, { nullable: true, description: "Only jobs of this queue, e.g. `payments.charge`." })
  queue?: string | null;
}

@Resolver()
export class DeadLetterResolver {
  @Cost({ weight: 20 })
  @Query(() => DeadLetterConnection, { description: "Operators: jobs of the primary that failed for good, newest death first. Those of the read nodes are told by `millrace dead-letters`." })
  async deadLetters(@Args(() => DeadLettersArgs) args: DeadLettersArgs, @Ctx() context: RequestContext): Promise<Connection<DeadLetterType>> {
    requireOperator(context);
    const page = readPage(args, [isTimestampPart, isUuid]);
    const queue = typeof args.queue === "string" ? readText(args.queue, "queue", queueLengthMax) : null;
    const [at, id] = page.cursor ?? [];
    const letters = await listDeadLetters(askPrimary(context.primary), queue, {
      limit: page.limit + 1, backward: page.backward, cursor: at !== undefined && id !== undefined ? { at, id } : null,
    });
    return connectionOf(letters, page, (letter) => [letter.diedAt, letter.id], deadLetterType);
  }

  @Cost({ weight: 20 })
  @Query(() => DeadLetterDetailsType, { nullable: true, description: "Operators: a job that failed for good, with all that is known of it. Null where it is not, or no longer, among the dead letters." })
  async deadLetter(@Arg("id", () => ID) id: string, @Ctx() context: RequestContext): Promise<DeadLetterDetailsType | null> {
    requireOperator(context);
    const primary = askPrimary(context.primary);
    const letter = await readDeadLetter(primary, deadLetterIds.read(id, "id"));
    if (!letter) return null;
    const [opened, history] = await Promise.all([openLetter(primary, letter), readLetterHistory(context.readNode(), letter)]);
    return detailsOf(opened, history, await orderOf(primary, opened, history));
  }
}

/** A webhook's order is known to the job that worked it off only: its attempts tell. */
async function orderOf(primary: Reader, { correlationId, jobId }: OpenedLetter, { attempts }: LetterHistory): Promise<string | null> {
  const belongsTo = correlationId ?? attempts.findLast(({ correlationId: told }) => told !== jobId)?.correlationId ?? null;
  if (belongsTo === null || orderIds.decode(orderIds.encode(belongsTo)) === null) return null;
  const [order] = await primary.query<{ id: string }>("SELECT event_id::text AS id FROM event_log WHERE stream_id = $1 AND version = 1", [`order-${belongsTo}`]);
  return order ? orderIds.encode(belongsTo) : null;
}

function detailsOf(opened: OpenedLetter, { attempts, fates }: LetterHistory, orderId: string | null): DeadLetterDetailsType {
  const { payload, event, webhook, traceId } = opened;
  return {
    ...deadLetterType(opened) as Omit<DeadLetterType, never>, orderId, payload, event, webhook, traceId, history: attempts,
    fates: fates.map((fate) => ({ ...fate, deadLetterId: deadLetterIds.encode(fate.deadLetterId) })),
  };
}
