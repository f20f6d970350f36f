import { z } from "zod";
import type { FaultSwitch } from "../faults.js";
import type { SimulatorAnswer, SimulatorRequest } from "../simulator-server.js";
import type { CallLimit } from "./call-limit.js";
import type { FaultOrders } from "./fault-orders.js";
import type { PaymentControls } from "./payment-controls.js";
import type { PaymentFaults } from "./payment-faults.js";
import type { PaymentLedger } from "./payment-ledger.js";
import { invalidRequest, StripeProblem, unknownPath } from "./stripe-errors.js";

export interface ControlRoutesOptions {
  readonly ledger: PaymentLedger;
  readonly faults: FaultSwitch<PaymentFaults>;
  readonly orders: FaultOrders;
  readonly calls: CallLimit;
  readonly controls: PaymentControls;
}

const amount = z.int().min(-99_999_999).max(99_999_999).refine((value) => value !== 0, "0 changes nothing");
const plantBody = z.union([
  z.strictObject({ paymentIntent: z.string(), amountMinor: amount }),
  z.strictObject({ currency: z.string().regex(/^[A-Za-z]{3}$/), amountMinor: amount }),
]);
const disputeBody = z.strictObject({ paymentIntent: z.string(), amountMinor: z.int().min(1).optional(), reason: z.string().regex(/^[a-z_]{1,50}$/).optional(), inquiry: z.boolean().optional() });
const rowsQuery = z.strictObject({
  orderId: z.string().optional(), paymentId: z.string().optional(), after: z.string().optional(), limit: z.coerce.number().int().min(1).max(1_000).optional(),
});

/** Not Stripe's: for tests, drills and a person with curl. Documented in docs/payment-simulator.md. */
export function controlRoutes(options: ControlRoutesOptions): (request: SimulatorRequest) => SimulatorAnswer {
  const { ledger, faults, orders, calls, controls } = options;

  return (request) => {
    try {
      return answer(request);
    } catch (error) {
      if (error instanceof StripeProblem) return error.answer;
      if (error instanceof z.ZodError) return invalidRequest(error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
      if (error instanceof RangeError || error instanceof SyntaxError) return invalidRequest(error.message);
      throw error;
    }
  };

  function answer({ method, path, query, body }: SimulatorRequest): SimulatorAnswer {
    switch (`${method} ${path.slice("/_simulator".length)}`) {
      case "GET /ledger": return told(ledger.totals());
      case "GET /ledger/payments": return told({ payments: controls.rows(rowsQuery.parse(Object.fromEntries(query))) });
      case "POST /ledger/plant": return done(() => { controls.plant(plantBody.parse(JSON.parse(body))); }, () => ledger.totals());
      case "GET /calls": return told(calls.counts());
      case "GET /faults": return told(faults.current);
      case "POST /faults": {
        const problem = faults.setFromJson(body);
        return problem === null ? told(faults.current) : invalidRequest(problem);
      }
      case "GET /orders": return told({ orders: orders.outstanding() });
      case "POST /orders": return done(() => { orders.add(JSON.parse(body)); }, () => ({ orders: orders.outstanding() }));
      case "DELETE /orders": return done(() => { orders.clear(); }, () => ({ orders: [] }));
      case "POST /keys/forget": return done(() => { controls.forgetKeys(); });
      case "POST /disputes": {
        const { paymentIntent, amountMinor, reason, inquiry } = disputeBody.parse(JSON.parse(body));
        return told(controls.openDispute(paymentIntent, amountMinor, reason, inquiry));
      }
      default: return onOne(method, path);
    }
  }

  /** `/_simulator/<what>/<id>/<how>` */
  function onOne(method: string, path: string): SimulatorAnswer {
    const [, , what = "", id = "", how = "", more] = path.split("/");
    if (method !== "POST" || more !== undefined) return unknownPath(method, path);
    switch (`${what}/${how}`) {
      case "payments/expire": return done(() => { controls.expire(id); });
      case "disputes/escalate": return done(() => { controls.escalateDispute(id); });
      case "disputes/win": return done(() => { controls.closeDispute(id, "won"); });
      case "disputes/lose": return done(() => { controls.closeDispute(id, "lost"); });
      case "refunds/fail": return done(() => { controls.failRefund(id); });
      default: return unknownPath(method, path);
    }
  }
}

function told(body: object): SimulatorAnswer {
  return { status: 200, body };
}

function done(act: () => void, body: () => object = () => ({})): SimulatorAnswer {
  act();
  return told(body());
}
