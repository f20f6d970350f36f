import { Args, ArgsType, Ctx, Field, ID, Query, Resolver } from "type-graphql";
import { requireActor } from "../../platform/auth/access.js";
import { ConnectionArgs, connectionOf, readPage, type Connection } from "../../platform/graphql/connection.js";
import { isIntegerPart } from "../../platform/graphql/cursor.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { readRows } from "../../platform/projector/read-rows.js";
import { customerNotice, type CustomerNoticeRow } from "../../projections/notices/customer-notice.projection.js";
import { customerNoticeTable } from "../../projections/notices/customer-notice.table.js";
import { readOrder, visibleTo } from "../orders/order.loader.js";
import { orderIds } from "../orders/order.type.js";
import { CustomerNoticeConnection, customerNoticeType, type CustomerNoticeType } from "./customer-notice.type.js";

@ArgsType()
class CustomerNoticesArgs extends ConnectionArgs {
  @Field(() => ID)
  orderId!: string;

  @Field(() => String, { nullable: true, description: "From a mutation's answer: the notices as of then, or later." })
  position?: string | null;
}

@Resolver()
export class CustomerNoticeResolver {
  @Query(() => CustomerNoticeConnection, { description: "What an order's buyer is to hear of, oldest first; empty where the order is another customer's." })
  async customerNotices(@Args(() => CustomerNoticesArgs) args: CustomerNoticesArgs, @Ctx() context: RequestContext): Promise<Connection<CustomerNoticeType>> {
    const actor = requireActor(context);
    const page = readPage(args, [isIntegerPart]);
    const orderId = orderIds.read(args.orderId, "orderId");
    await awaitPosition(context, args.position, [customerNotice.name]);
    if (!visibleTo(actor, await readOrder(context, orderId))) return connectionOf<CustomerNoticeRow, CustomerNoticeType>([], page, () => [], customerNoticeType);
    const direction = page.backward ? "DESC" : "ASC";
    const after = page.cursor ? `AND number ${page.backward ? "<" : ">"} $3::integer ` : "";
    const rows = await readRows<CustomerNoticeRow>(
      context.readNode(), customerNoticeTable, "customer_notices_page", `WHERE order_id = $1 ${after}ORDER BY number ${direction} LIMIT $2`,
      [orderId, page.limit + 1, ...(page.cursor ?? [])],
    );
    return connectionOf(rows, page, ({ number }) => [String(number)], customerNoticeType);
  }
}
