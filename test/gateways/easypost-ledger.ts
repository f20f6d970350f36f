import { notFound, refusedWith, type Answer, type SeenCall } from "./easypost-server.js";

interface Entry {
  id: string;
  reference: string | null;
  created_at: string;
  to_address: unknown;
  parcel: { id: string };
  rates: { id: string; carrier: string; service: string; rate: string; currency: string; delivery_days: number | null; created_at: string }[];
  selected_rate: unknown;
  tracking_code: string | null;
  postage_label: { label_url: string } | null;
  refund_status: string | null;
}

/** As much of EasyPost's own memory as two labels for one parcel need: references are not unique, a shipment sells one label. */
export class EasyPostLedger {
  readonly shipments: Entry[] = [];
  /** Which of several shipments a reference finds: EasyPost promises neither. */
  finds: "oldest" | "newest" = "newest";
  refund = "submitted";
  nowMs = Date.parse("2026-03-01T12:00:00Z");
  #made = 0;

  /** Labels that were bought and not voided. */
  get live(): readonly string[] {
    return this.shipments.filter((each) => each.postage_label && each.refund_status !== "submitted").map(({ reference }) => reference ?? "");
  }

  readonly answer = (call: SeenCall): Answer => {
    const [, , , key, verb] = call.path.split("/");
    if (call.path === "/v2/shipments") return call.method === "POST" ? this.#create(call.body as { shipment: Partial<Entry> }) : this.#list(call.query);
    const known = this.shipments.filter((each) => each.id === key || each.reference === key);
    const entry = this.finds === "newest" ? known.at(-1) : known[0];
    if (!entry) return notFound;
    switch (verb) {
      case undefined: return { status: 200, body: entry };
      case "rerate": return entry.postage_label ? refusedWith("SHIPMENT.POSTAGE.EXISTS") : { status: 200, body: { rates: (entry.rates = this.#rates()) } };
      case "buy": return this.#buy(entry, (call.body as { rate: { id: string } }).rate.id);
      case "refund": return this.#void(entry);
      default: return notFound;
    }
  };

  #create({ shipment }: { readonly shipment: Partial<Entry> }): Answer {
    this.#made += 1;
    const entry: Entry = {
      id: `shp_${String(this.#made)}`, reference: shipment.reference ?? null, created_at: this.#now(), to_address: shipment.to_address,
      parcel: { id: `prcl_${String(this.#made)}` }, rates: this.#rates(), selected_rate: null, tracking_code: null, postage_label: null, refund_status: null,
    };
    this.shipments.push(entry);
    return { status: 201, body: entry };
  }

  #rates(): Entry["rates"] {
    this.#made += 1;
    const rate = (service: string, price: string, days: number | null) => ({
      id: `rate_${String(this.#made)}_${service}`, carrier: "Post", service, rate: price, currency: "EUR", delivery_days: days, created_at: this.#now(),
    });
    return [rate("Express", "12.50", 1), rate("Standard", "4.90", null)];
  }

  #buy(entry: Entry, rateId: string): Answer {
    if (entry.postage_label) return refusedWith("SHIPMENT.POSTAGE.EXISTS");
    const rate = entry.rates.find(({ id }) => id === rateId);
    if (!rate) return refusedWith("SHIPMENT.RATE.UNAVAILABLE");
    Object.assign(entry, { selected_rate: rate, tracking_code: `T-${entry.id}`, postage_label: { label_url: `https://labels.test/${entry.id}.png` } });
    return { status: 200, body: entry };
  }

  #void(entry: Entry): Answer {
    if (entry.refund_status !== null) return refusedWith("SHIPMENT.REFUND.FAILURE");
    entry.refund_status = this.refund;
    return { status: 200, body: entry };
  }

  #list(query: URLSearchParams): Answer {
    const from = query.get("start_datetime") ?? "", until = query.get("end_datetime") ?? "~";
    const newestFirst = this.shipments.filter((each) => each.postage_label && each.created_at >= from && each.created_at <= until).reverse();
    const start = newestFirst.findIndex(({ id }) => id === query.get("before_id")) + 1;
    const end = start + Number(query.get("page_size"));
    return { status: 200, body: { shipments: newestFirst.slice(start, end), has_more: end < newestFirst.length } };
  }

  #now(): string {
    return new Date(this.nowMs).toISOString();
  }
}
