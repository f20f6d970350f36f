import type { SaleEnded, SaleEvent, SaleScheduled, SaleTerms } from "../../events/sales.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

export type Sale = { readonly status: "absent" } | SaleTerms & { readonly saleId: string; readonly status: "SCHEDULED" | "ENDED" | "CANCELLED" };

type SaleCommand =
  | Omit<SaleScheduled, "type"> & { readonly type: "Schedule" }
  | Omit<SaleEnded, "type"> & { readonly type: "End" };

/** A sale is scheduled once and ended once; whether it is on in between, the clock says. */
export const saleDecider: Decider<Sale, SaleCommand, SaleEvent> = {
  initial: { status: "absent" },
  decide(command, { status }) {
    switch (command.type) {
      case "Schedule": return status === "absent" ? [{ ...command, type: "SaleScheduled" }] : [];
      case "End": return status === "SCHEDULED" ? [{ ...command, type: "SaleEnded" }] : [];
    }
  },
  evolve(sale, event) {
    if (event.type === "SaleScheduled") {
      const { saleId, sku, priceMinor, currency, allocation, startsAt, endsAt, limitPerCustomer, holdSeconds, waitingRoom } = event;
      return { status: "SCHEDULED", saleId, sku, priceMinor, currency, allocation, startsAt, endsAt, limitPerCustomer, holdSeconds, waitingRoom };
    }
    if (sale.status === "absent") throw new Error("SaleEnded stands before SaleScheduled");
    return { ...sale, status: event.reason === "cancelled" ? "CANCELLED" : "ENDED" };
  },
};

export const saleStream = defineStream("sale", saleDecider);
