import { Arg, Args, ArgsType, Ctx, Field, ID, Int, Query, Resolver } from "type-graphql";
import { requireActor } from "../../platform/auth/access.js";
import { readCustomerId } from "../../platform/auth/customer-of.js";
import { SystemError } from "../../platform/errors.js";
import { ConnectionArgs, connectionOf, readPage, type Connection } from "../../platform/graphql/connection.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { orderIds } from "../orders/order.type.js";
import { invoicesCursor, invoicesCursorShape, readInvoice, readInvoicesPage } from "./invoice.loader.js";
import { InvoiceConnection, invoiceType, InvoiceType } from "./invoice.type.js";

const projections = ["invoice_card"] as const;

@ArgsType()
class InvoicesArgs extends ConnectionArgs {
  @Field(() => Int, { nullable: true, description: "Those with a number of this year." })
  year?: number | null;

  @Field(() => ID, { nullable: true, description: "For operators; a customer sees its own invoices only." })
  customerId?: string | null;

  @Field(() => String, { nullable: true, description: "From a mutation's answer: the invoices as of then, or later." })
  position?: string | null;
}

@Resolver()
export class InvoiceResolver {
  @Query(() => InvoiceType, { nullable: true, description: "An order's invoice; null until one is issued, and where the order is another customer's." })
  async invoice(
    @Arg("orderId", () => ID) orderId: string,
    @Arg("position", () => String, { nullable: true, description: "From a mutation's answer: the invoice as of then, or later." }) position: string | null,
    @Ctx() context: RequestContext,
  ): Promise<InvoiceType | null> {
    const actor = requireActor(context);
    const raw = orderIds.read(orderId, "orderId");
    await awaitPosition(context, position, projections);
    const row = await readInvoice(context, actor, raw);
    return row && invoiceType(row);
  }

  @Query(() => InvoiceConnection, { description: "Invoices, the highest number first." })
  async invoices(@Args(() => InvoicesArgs) args: InvoicesArgs, @Ctx() context: RequestContext): Promise<Connection<InvoiceType>> {
    const { role, id } = requireActor(context);
    const page = readPage(args, invoicesCursorShape);
    const named = args.customerId === null || args.customerId === undefined ? null : readCustomerId(args.customerId, "customerId");
    if (role !== "operator" && named !== null && named !== id) throw new SystemError("FORBIDDEN", "customerId: a customer sees its own invoices; leave it out.");
    await awaitPosition(context, args.position, projections);
    const rows = await readInvoicesPage(context, { customerId: role === "operator" ? named : id, year: args.year ?? null }, page);
    return connectionOf(rows, page, invoicesCursor, invoiceType);
  }
}
