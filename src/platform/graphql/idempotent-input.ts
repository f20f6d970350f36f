import { Field, InputType } from "type-graphql";

/** The base of every mutation's input. */
@InputType()
export abstract class IdempotentInput {
  @Field(() => String, {
    nullable: true,
    description: "Names this wish: sent again with the same key it is done once, and the first answer comes again. The `Idempotency-Key` header does the same where the document has one mutation.",
  })
  idempotencyKey?: string | null;
}
