import { Extensions } from "type-graphql";

/** What a field costs an operation that asks for it. */
export interface FieldCost {
  /** Points of the field itself; 1 where nothing is said, and `rootWeight` of mutations and subscriptions. */
  readonly weight?: number;
  /** How long a list is taken to be that no `first` or `last` bounds; `listSize` where nothing is said. */
  readonly size?: number;
}

/** Declares a field's cost, beside the field: `@Cost({ size: 3 })`. */
export function Cost(cost: FieldCost): MethodDecorator & PropertyDecorator {
  return Extensions({ cost });
}

/** The most likely length of a list of which nothing is known. */
export const listSize = 10;
/** A mutation is a transaction, a subscription a load that stays. */
export const rootWeight = 10;
