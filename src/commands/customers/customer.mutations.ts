import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from "type-graphql";
import { requireActor } from "../../platform/auth/access.js";
import { customerOf } from "../../platform/auth/customer-of.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { readText, readWords } from "../../platform/graphql/input-text.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { runCommand } from "../../platform/http/run-command.js";
import { eraseCustomer } from "./erase-customer.js";
import { upsertCustomer } from "./upsert-customer.js";

@InputType()
class AddressInput {
  @Field(() => String) street!: string;
  @Field(() => String) city!: string;
  @Field(() => String) postalCode!: string;
  @Field(() => String, { description: "ISO 3166-1 alpha-2: `DE`." }) country!: string;
}

@InputType()
abstract class CustomerInput extends IdempotentInput {
  @Field(() => ID, { nullable: true, description: "For operators, the subject of the customer's tokens; a customer acts for itself." })
  customerId?: string | null;
}

@InputType()
class UpsertCustomerInput extends CustomerInput {
  @Field(() => String) name!: string;
  @Field(() => String) email!: string;
  @Field(() => String, { nullable: true }) phone?: string | null;
  @Field(() => AddressInput) address!: AddressInput;
}

@InputType()
class EraseCustomerInput extends CustomerInput {}

@ObjectType({ simpleResolvers: true })
class UpsertCustomerPayload extends mutationPayload("UpsertCustomer", {
  INVALID_CUSTOMER_ID: "A customer's id has 1 to 100 letters, digits, dots, dashes, colons or underscores.",
  INVALID_NAME: "The name is empty or too long.",
  INVALID_EMAIL: "This is no e-mail address.",
  INVALID_PHONE: "The phone number is empty or too long.",
  INVALID_ADDRESS: "A part of the address is empty, too long, or no country.",
}) {
  @Field(() => ID, { nullable: true }) customerId!: string | null;
}

@ObjectType({ simpleResolvers: true })
class EraseCustomerPayload extends mutationPayload("EraseCustomer", { CUSTOMER_UNKNOWN: "There is no such customer." }) {
  @Field(() => ID, { nullable: true }) customerId!: string | null;
}

@Resolver()
export class CustomerMutations {
  @Mutation(() => UpsertCustomerPayload, { description: "Registers a customer, or changes name, e-mail and address." })
  async upsertCustomer(@Arg("input", () => UpsertCustomerInput) input: UpsertCustomerInput, @Ctx() context: RequestContext): Promise<UpsertCustomerPayload> {
    const customerId = customerOf(requireActor(context), input.customerId, "input.customerId");
    const { street, city, postalCode, country } = input.address;
    const command = {
      customerId, name: readWords(input.name, "input.name"), email: readWords(input.email, "input.email"),
      phone: typeof input.phone === "string" ? readText(input.phone, "input.phone") : null,
      address: {
        street: readWords(street, "input.address.street"), city: readWords(city, "input.address.city"),
        postalCode: readText(postalCode, "input.address.postalCode"), country: readText(country, "input.address.country"),
      },
    };
    const { answer, ...result } = await runCommand(context, upsertCustomer, command, input);
    return { ...result, customerId: answer?.customerId ?? null };
  }

  @Mutation(() => EraseCustomerPayload, { description: "Forgets a customer's name, e-mail, phone and address, here and on every read node. Orders stay, with the id only." })
  async eraseCustomer(@Arg("input", () => EraseCustomerInput) input: EraseCustomerInput, @Ctx() context: RequestContext): Promise<EraseCustomerPayload> {
    const customerId = customerOf(requireActor(context), input.customerId, "input.customerId");
    const { answer, ...result } = await runCommand(context, eraseCustomer, { customerId }, input);
    return { ...result, customerId: answer?.customerId ?? null };
  }
}
