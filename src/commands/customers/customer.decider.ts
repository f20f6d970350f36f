import type { CustomerEvent } from "../../events/customers.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

type Customer = "absent" | "registered" | "erased";
interface CustomerCommand { readonly type: "RegisterDetails" | "Erase"; readonly customerId: string }

/** A customer registers, changes details, and can be forgotten; who comes back afterwards is registered anew. */
export const customerDecider: Decider<Customer, CustomerCommand, CustomerEvent> = {
  initial: "absent",
  decide({ type, customerId }, customer) {
    switch (type) {
      case "RegisterDetails":
        return [{ type: customer === "registered" ? "CustomerDetailsChanged" : "CustomerRegistered", customerId }];
      case "Erase":
        return customer === "registered" ? [{ type: "CustomerErased", customerId }] : [];
    }
  },
  evolve(customer, event) {
    switch (event.type) {
      case "CustomerRegistered": return "registered";
      case "CustomerDetailsChanged": return customer;
      case "CustomerErased": return "erased";
    }
  },
};

export const customerStream = defineStream("customer", customerDecider);
