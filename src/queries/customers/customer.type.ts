import { Field, ID, ObjectType } from "type-graphql";
import { DateTime } from "../../platform/graphql/scalars.js";

@ObjectType("Address", { simpleResolvers: true })
export class AddressType {
  @Field(() => String) street!: string;
  @Field(() => String) city!: string;
  @Field(() => String) postalCode!: string;
  @Field(() => String, { description: "ISO 3166-1 alpha-2." }) country!: string;
}

@ObjectType("Customer", { simpleResolvers: true, description: "Seen by the customer and by operators; gone once it was erased." })
export class CustomerType {
  @Field(() => ID, { description: "The subject of the customer's tokens." }) id!: string;
  @Field(() => String) name!: string;
  @Field(() => String) email!: string;
  @Field(() => String, { nullable: true }) phone!: string | null;
  @Field(() => AddressType) address!: AddressType;
  @Field(() => DateTime) updatedAt!: string;
}
