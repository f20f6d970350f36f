import { defineCommand } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { customerStream } from "./customer.decider.js";
import { personalState } from "./personal.write-state.js";

/**
 * Forgets a customer: the personal row goes, here and, by replication, on every node. Orders stay, with the id only.
 * Forgetting somebody twice changes nothing. Refuses with `CUSTOMER_UNKNOWN`.
 */
export const eraseCustomer = defineCommand<{ readonly customerId: string }, { readonly customerId: string }>({
  name: "eraseCustomer",
  needs: ({ customerId }) => ({ streams: [{ type: customerStream, id: customerId }] }),
  decide({ customerId }, unit) {
    if (unit.state(customerStream, customerId) === "absent") throw new Refusal("CUSTOMER_UNKNOWN", "There is no such customer.", "customerId");
    const said = unit.execute(customerStream, customerId, { type: "Erase", customerId });
    if (said.length > 0) unit.put(personalState, { id: customerId, erased: true });
    return { customerId };
  },
});
