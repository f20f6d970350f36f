import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, InputType, Query, Resolver, Root } from "type-graphql";
import type { Actor } from "../../kernel/command.js";
import type { OrderStatus } from "../../events/orders.js";
import { requireActor } from "../../platform/auth/access.js";
import { readCustomerId } from "../../platform/auth/customer-of.js";
import { ConnectionArgs, connectionOf, readPage, type Connection } from "../../platform/graphql/connection.js";
import { DateTime } from "../../platform/graphql/scalars.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { Essential } from "../../platform/overload/importance.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import { customerLoader } from "../customers/customer.loader.js";
import { CustomerType } from "../customers/customer.type.js";
import { paymentsOfOrderLoader } from "../payments/payment.loader.js";
import { paymentType, PaymentType } from "../payments/payment.type.js";
import { shipmentsOfOrderLoader } from "../shipping/shipment.loader.js";
import { shipmentType, ShipmentType } from "../shipping/shipment.type.js";
import { orderProjections, readOrder, visibleTo } from "./order.loader.js";
import { OrderConnection, orderIds, OrderStatusEnum, orderType, OrderType } from "./order.type.js";
import { ordersCursor, ordersCursorShape, readOrdersPage, type OrdersWanted } from "./orders-page.js";

@InputType()
class OrdersFilter {
  @Field(() => ID, { nullable: true, description: "For operators; a customer sees its own orders only." })
  customerId?: string | null;

  @Field(() => OrderStatusEnum, { nullable: true })
  status?: OrderStatus | null;

  @Field(() => DateTime, { nullable: true, description: "Placed at this moment or later." })
  placedFrom?: string | null;

  @Field(() => DateTime, { nullable: true, description: "Placed before this moment." })
  placedTo?: string | null;
}

@ArgsType()
class OrdersArgs extends ConnectionArgs {
  @Field(() => OrdersFilter, { nullable: true })
  filter?: OrdersFilter | null;

  @Field(() => String, { nullable: true, description: "From a mutation's answer: the orders as of then, or later." })
  position?: string | null;
}

@Resolver(() => OrderType)
export class OrderResolver {
  @Essential()
  @Query(() => OrderType, { nullable: true, description: "One order; null where there is none, or where it is another customer's." })
  async order(
    @Arg("id", () => ID) id: string,
    @Arg("position", () => String, { nullable: true, description: "From a mutation's answer: the order as of then, or later." }) position: string | null,
    @Ctx() context: RequestContext,
  ): Promise<OrderType | null> {
    const actor = requireActor(context);
    const orderId = orderIds.read(id, "id");
    if (position) await awaitPosition(context, position, orderProjections);
    const row = visibleTo(actor, await readOrder(context, orderId));
    return row && orderType(row);
  }

  @Query(() => OrderConnection, { description: "Orders, newest first." })
  async orders(@Args(() => OrdersArgs) args: OrdersArgs, @Ctx() context: RequestContext): Promise<Connection<OrderType>> {
    const actor = requireActor(context);
    const page = readPage(args, ordersCursorShape);
    const wanted = wantedBy(actor, args.filter ?? {});
    if (args.position) await awaitPosition(context, args.position, orderProjections);
    const rows = wanted ? await readOrdersPage(context.readNode(), wanted, page) : [];
    return connectionOf(rows, page, ordersCursor, orderType);
  }

  @Cost({ weight: 3 })
  @FieldResolver(() => CustomerType, { nullable: true, description: "Null once the customer was erased." })
  customer(@Root() { row }: OrderType, @Ctx() context: RequestContext): Promise<CustomerType | null> {
    return customerLoader(context).load(row.customerId);
  }

  @Cost({ weight: 3 })
  @FieldResolver(() => PaymentType, { nullable: true, description: "Null until the provider has said something." })
  async payment(@Root() { row }: OrderType, @Ctx() context: RequestContext): Promise<PaymentType | null> {
    const [payment] = await paymentsOfOrderLoader(context).load(row.orderId);
    return payment ? paymentType(payment) : null;
  }

  @Cost({ weight: 3, size: 2 })
  @FieldResolver(() => [ShipmentType], { description: "The order's parcels, as far as they are booked." })
  async shipments(@Root() { row }: OrderType, @Ctx() context: RequestContext): Promise<readonly ShipmentType[]> {
    const shipments = await shipmentsOfOrderLoader(context).load(row.orderId);
    return shipments.map(shipmentType);
  }
}

/** Null where a customer asks for another's orders: it sees none. */
function wantedBy(actor: Actor, { customerId, status, placedFrom, placedTo }: OrdersFilter): OrdersWanted | null {
  const named = customerId === null || customerId === undefined ? null : readCustomerId(customerId, "filter.customerId");
  const rest = { status: status ?? null, placedFrom: placedFrom ?? null, placedTo: placedTo ?? null };
  if (actor.role === "operator") return { customerId: named, ...rest };
  return named === null || named === actor.id ? { customerId: actor.id, ...rest } : null;
}
