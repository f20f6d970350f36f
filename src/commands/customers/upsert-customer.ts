import { defineCommand } from "../../kernel/command.js";
import { Refusal } from "../../kernel/refusal.js";
import { customerStream } from "./customer.decider.js";
import { personalState, type Address } from "./personal.write-state.js";

const textMax = 200;
const customerIdPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;
const emailPattern = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export interface UpsertCustomerInput {
  readonly customerId: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string | null;
  readonly address: Address;
}

/** Registers a customer or changes the details. Refuses with `INVALID_CUSTOMER_ID INVALID_NAME INVALID_EMAIL INVALID_PHONE INVALID_ADDRESS`. */
export const upsertCustomer = defineCommand<UpsertCustomerInput, { readonly customerId: string }>({
  name: "upsertCustomer",
  needs: ({ customerId }) => ({ streams: [{ type: customerStream, id: customerId }] }),
  decide(input, unit) {
    check(input);
    const { customerId, name, email, phone, address } = input;
    unit.execute(customerStream, customerId, { type: "RegisterDetails", customerId });
    unit.put(personalState, { id: customerId, name, email, phone, address, updatedAt: unit.now });
    return { customerId };
  },
});

function check({ customerId, name, email, phone, address }: UpsertCustomerInput): void {
  if (!customerIdPattern.test(customerId)) {
    throw new Refusal("INVALID_CUSTOMER_ID", "A customer's id has 1 to 100 letters, digits, dots, dashes, colons or underscores.", "customerId");
  }
  if (!isText(name)) throw new Refusal("INVALID_NAME", `A name has 1 to ${String(textMax)} characters.`, "name");
  if (!isText(email) || !emailPattern.test(email)) throw new Refusal("INVALID_EMAIL", "This is no e-mail address.", "email");
  if (phone !== null && !isText(phone)) throw new Refusal("INVALID_PHONE", `A phone number has 1 to ${String(textMax)} characters.`, "phone");
  for (const part of ["street", "city", "postalCode"] as const) {
    if (!isText(address[part])) throw new Refusal("INVALID_ADDRESS", `This part of the address has 1 to ${String(textMax)} characters.`, `address.${part}`);
  }
  if (!/^[A-Z]{2}$/.test(address.country)) throw new Refusal("INVALID_ADDRESS", "A country has two capital letters (ISO 3166-1 alpha-2).", "address.country");
}

function isText(text: string): boolean {
  return text.trim() !== "" && text.length <= textMax;
}
