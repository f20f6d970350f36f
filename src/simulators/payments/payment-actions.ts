import type { SimulatorAnswer } from "../simulator-server.js";
import type { RequestKind } from "./fault-orders.js";
import { cancelIntent, captureIntent, confirmIntent, createIntent, type Action, type Done } from "./intent-actions.js";
import type { PaymentLedger } from "./payment-ledger.js";
import {
  listBalanceTransactions, listDisputes, listIntents, listRefunds, retrieveBalance, retrieveBalanceTransaction, retrieveCharge, retrieveDispute,
  retrieveIntent, retrieveRefund,
} from "./payment-reads.js";
import { searchIntents } from "./payment-search.js";
import { createRefund } from "./refund-actions.js";
import type { StripeForm } from "./stripe-form.js";

interface Path {
  readonly pattern: RegExp;
  readonly kind: RequestKind;
}

/** A POST: changes something. `id` is the path's, empty where it has none. */
export interface ChangePath extends Path {
  act(action: Action, id: string): Done;
}

export interface ReadPath extends Path {
  /** @param searchableBefore seconds since 1970 */
  read(ledger: PaymentLedger, form: StripeForm, id: string, searchableBefore: number): SimulatorAnswer;
}

/** The busiest first. */
export const changePaths: readonly ChangePath[] = [
  { pattern: /^\/v1\/payment_intents$/, kind: "create", act: (action) => createIntent(action) },
  { pattern: /^\/v1\/payment_intents\/([^/]+)\/capture$/, kind: "capture", act: captureIntent },
  { pattern: /^\/v1\/refunds$/, kind: "refund", act: (action) => createRefund(action) },
  { pattern: /^\/v1\/payment_intents\/([^/]+)\/cancel$/, kind: "cancel", act: cancelIntent },
  { pattern: /^\/v1\/payment_intents\/([^/]+)\/confirm$/, kind: "confirm", act: confirmIntent },
];

export const readPaths: readonly ReadPath[] = [
  { pattern: /^\/v1\/payment_intents$/, kind: "list", read: listIntents },
  { pattern: /^\/v1\/payment_intents\/search$/, kind: "search", read: (ledger, form, _id, searchableBefore) => searchIntents(ledger, form, searchableBefore) },
  { pattern: /^\/v1\/payment_intents\/([^/]+)$/, kind: "retrieve", read: retrieveIntent },
  { pattern: /^\/v1\/refunds$/, kind: "list", read: listRefunds },
  { pattern: /^\/v1\/refunds\/([^/]+)$/, kind: "retrieve", read: retrieveRefund },
  { pattern: /^\/v1\/charges\/([^/]+)$/, kind: "retrieve", read: retrieveCharge },
  { pattern: /^\/v1\/disputes$/, kind: "list", read: listDisputes },
  { pattern: /^\/v1\/disputes\/([^/]+)$/, kind: "retrieve", read: retrieveDispute },
  { pattern: /^\/v1\/balance_transactions$/, kind: "list", read: listBalanceTransactions },
  { pattern: /^\/v1\/balance_transactions\/([^/]+)$/, kind: "retrieve", read: retrieveBalanceTransaction },
  { pattern: /^\/v1\/balance$/, kind: "retrieve", read: retrieveBalance },
];

/** The first that fits, with the id in it; null where none does. */
export function pathOf<Known extends Path>(paths: readonly Known[], path: string): { readonly path: Known; readonly id: string } | null {
  for (const known of paths) {
    const match = known.pattern.exec(path);
    if (match) return { path: known, id: match[1] ?? "" };
  }
  return null;
}
