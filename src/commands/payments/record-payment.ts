import type { PaymentEvent } from "../../events/payments.js";
import { defineCommand, type DecisionUnit } from "../../kernel/command.js";
import { nameId } from "../../kernel/ids.js";
import { after } from "../../kernel/time.js";
import { paymentCaseState, type PaymentCase } from "./payment-case.write-state.js";
import { newsIdOf, paymentStream, type Payment, type PaymentCommand } from "./payment.decider.js";

/** An order has one payment; its attempts are numbered. */
export function paymentIdOf(orderId: string): string {
  return nameId("payment", orderId, "1");
}

/** What was new in what was recorded. */
export type RecordedNews = {
  readonly said: readonly PaymentEvent["type"][];
  /** The provider's id of an authorization that does not count, since other money is there: it has to be let go. */
  readonly letGo: string | null;
  /** True for news that was kept and not applied, now or when it was heard before. */
  readonly setAside: boolean;
};

/** Records what the provider said of a payment, however often and in whatever order it says it. */
export const recordPayment = defineCommand<PaymentCommand, RecordedNews>({
  name: "recordPayment",
  correlationId: ({ orderId }) => orderId,
  needs: ({ paymentId }) => ({ streams: [{ type: paymentStream, id: paymentId }], rows: [{ state: paymentCaseState, keys: [paymentId] }] }),
  decide(command, unit) {
    const before = unit.state(paymentStream, command.paymentId);
    const events = unit.execute(paymentStream, command.paymentId, command);
    for (const event of events) follow(event, command, unit);
    const after = unit.state(paymentStream, command.paymentId);
    return { said: events.map(({ type }) => type), letGo: strayAuthorization(command, before, after), setAside: isSetAside(command, after) };
  },
});

/** What the payment has to remember from now on, if anything. */
function follow(event: PaymentEvent, command: PaymentCommand, unit: DecisionUnit): void {
  const { paymentId, orderId } = event;
  const known = unit.row(paymentCaseState, paymentId);
  const next = (changes: Partial<PaymentCase>): void => {
    unit.put(paymentCaseState, {
      ...(known ?? { paymentId, orderId, attempt: 1, method: "CARD", token: null, inDoubtSince: null, askAt: null, asked: 0 }), ...changes,
    });
  };
  switch (event.type) {
    case "PaymentUnknown":
      if (command.type !== "RecordUnknown") return;
      return next({ attempt: event.attempt, inDoubtSince: command.since, askAt: after(unit.now, command.askSeconds * 1_000), asked: 0 });
    case "PaymentAuthorized":
      if (command.type === "RecordAuthorization" && command.askSeconds !== undefined) {
        return next({ attempt: event.attempt, token: null, inDoubtSince: null, askAt: after(unit.now, command.askSeconds * 1_000), asked: 0 });
      }
      return forget(known, unit);
    case "PaymentAwaited":
    case "PaymentCaptured":
    case "PaymentDeclined":
    case "PaymentFailed":
    case "PaymentVoided":
      return forget(known, unit);
    case "PaymentRetried":
    case "PaymentFeeTold":
    case "RefundRequested":
    case "PaymentRefunded":
    case "RefundFailed":
    case "RefundReversed":
    case "PaymentCapturedTwice":
    case "PaymentInquired":
    case "PaymentDisputed":
    case "PaymentDisputeClosed":
    case "PaymentNewsSetAside":
      return;
  }
}

function forget(known: PaymentCase | undefined, unit: DecisionUnit): void {
  if (known) unit.remove(paymentCaseState, known);
}

function isSetAside(command: PaymentCommand, { setAside }: Payment): boolean {
  return (command.type === "RecordCapture" || command.type === "RecordAuthorization") && setAside.has(newsIdOf(command));
}

function strayAuthorization(command: PaymentCommand, before: Payment, now: Payment): string | null {
  if (command.type === "RecordCapture") {
    const replaced = before.status === "AUTHORIZED" && before.providerReference !== now.providerReference;
    return replaced ? before.providerReference : null;
  }
  if (command.type !== "RecordAuthorization" || now.providerReference === command.providerReference) return null;
  return before.capturedMinor > 0 || before.status === "AUTHORIZED" ? command.providerReference : null;
}
