/** Name, e-mail and address stand in the `personal` table under the customer's id, never here. */
export interface CustomerRegistered {
  readonly type: "CustomerRegistered";
  readonly customerId: string;
}

export interface CustomerDetailsChanged {
  readonly type: "CustomerDetailsChanged";
  readonly customerId: string;
}

/** The personal row is gone, here and on every node. */
export interface CustomerErased {
  readonly type: "CustomerErased";
  readonly customerId: string;
}

export type CustomerEvent = CustomerRegistered | CustomerDetailsChanged | CustomerErased;
