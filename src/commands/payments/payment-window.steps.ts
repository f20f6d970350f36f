import type { PaymentAwaited, PaymentDeclined, PaymentUnknown } from "../../events/payments.js";
import { paymentStream, type Payment } from "./payment.decider.js";

export { paymentStream };

/** Whether a payment still waits for what an event began to wait for: another method, an outcome, a transfer. */
export function stillWaits({ status, attempt, providerReference }: Payment, event: PaymentDeclined | PaymentUnknown | PaymentAwaited): boolean {
  if (attempt !== event.attempt) return false;
  switch (event.type) {
    case "PaymentDeclined":
      return status === "FAILED";
    case "PaymentUnknown":
      return status === "UNKNOWN";
    case "PaymentAwaited":
      return status === "PENDING" && providerReference === event.providerReference;
  }
}
