import { Arg, Ctx, ID, Query, Resolver } from "type-graphql";
import { requireActor } from "../../platform/auth/access.js";
import { readCustomerId } from "../../platform/auth/customer-of.js";
import { awaitPosition } from "../../platform/http/await-position.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { customerLoader } from "./customer.loader.js";
import { CustomerType } from "./customer.type.js";

/** Replicated in the same transaction as the event that speaks of it. */
const noProjections: readonly string[] = [];

@Resolver()
export class CustomerResolver {
  @Query(() => CustomerType, { nullable: true, description: "Name and address: a customer's own, for operators anybody's. Null where there is none." })
  async customer(@Arg("id", () => ID) id: string, @Arg("position", () => String, { nullable: true }) position: string | null, @Ctx() context: RequestContext): Promise<CustomerType | null> {
    const actor = requireActor(context);
    const customerId = readCustomerId(id, "id");
    await awaitPosition(context, position, noProjections);
    return actor.role === "operator" || actor.id === customerId ? customerLoader(context).load(customerId) : null;
  }

  @Query(() => CustomerType, { nullable: true, description: "The customer whose token this is; null where it has not registered, and for operators." })
  async me(@Arg("position", () => String, { nullable: true }) position: string | null, @Ctx() context: RequestContext): Promise<CustomerType | null> {
    const { role, id } = requireActor(context);
    await awaitPosition(context, position, noProjections);
    return role === "customer" ? customerLoader(context).load(id) : null;
  }
}
