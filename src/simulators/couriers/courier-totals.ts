import { parcelStates, type Parcel, type ParcelState } from "./courier-records.js";

/** The courier's own truth; `labelled + inTransit + delivered + returned + lost + cancelled = bookings`. */
export interface CourierTotals extends Readonly<Record<ParcelState, number>> {
  readonly bookings: number;
  /** Shipments with more than one label that was not cancelled, at most 100 of them. */
  readonly shipmentsLabelledTwice: readonly string[];
  /** Called off and carried all the same. */
  readonly carriedThoughCancelled: number;
  /** What the labels cost that were not called off, by currency. */
  readonly chargedMinor: Readonly<Record<string, number>>;
  readonly webhooksWaiting: number;
}

const twiceMax = 100;

export function totalsOf(parcels: ReadonlyMap<string, Parcel>, webhooksWaiting: number): CourierTotals {
  const count = Object.fromEntries(parcelStates.map((state) => [state, 0])) as Record<ParcelState, number>;
  const chargedMinor: Record<string, number> = {};
  let carriedThoughCancelled = 0;
  for (const parcel of parcels.values()) {
    const { deal } = parcel.booking;
    count[parcel.state] += 1;
    if (parcel.carried) carriedThoughCancelled += 1;
    if (deal && parcel.state !== "cancelled") chargedMinor[deal.currency] = (chargedMinor[deal.currency] ?? 0) + deal.priceMinor;
  }
  const shipmentsLabelledTwice = labelledTwice([parcels.values()]);
  return { bookings: parcels.size, ...count, shipmentsLabelledTwice, carriedThoughCancelled, chargedMinor, webhooksWaiting };
}

/** Shipments with more than one live label, over all these books. */
export function labelledTwice(books: Iterable<Iterable<Parcel>>): readonly string[] {
  const live = new Map<string, number>();
  for (const parcels of books) {
    for (const { booking: { shipmentId }, state } of parcels) if (state !== "cancelled") live.set(shipmentId, (live.get(shipmentId) ?? 0) + 1);
  }
  return [...live].filter(([, labels]) => labels > 1).slice(0, twiceMax).map(([shipmentId]) => shipmentId);
}
