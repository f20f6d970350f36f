import type { SimulatorAnswer } from "../simulator-server.js";
import type { PaymentEvent, PaymentRecord, RefundRecord } from "./payment-records.js";

/** What a change is answered with, and again for the same key. */
export type MadeAnswer =
  | { readonly kind: "payment"; readonly payment: PaymentRecord; readonly declined: boolean }
  | { readonly kind: "refund"; readonly payment: PaymentRecord; readonly refund: RefundRecord };

export type KeptAnswer = { readonly hash: string } & (
  | { readonly kind: "made"; readonly made: MadeAnswer }
  | { readonly kind: "broken" }
  | { readonly kind: "refused"; readonly answer: SimulatorAnswer }
);

/** A change that was made. */
export interface Kept {
  readonly payment: PaymentRecord;
  readonly events: readonly PaymentEvent[];
  readonly made: MadeAnswer;
}
