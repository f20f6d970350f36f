import type { Parcel } from "./courier-records.js";

/** Parcels whose label nobody has fetched, and which of them would have been picked up by now. */
export class UnlabelledParcels {
  readonly #overdue = new Map<string, boolean>();

  /** @param counts false where parcels are picked up without asking */
  constructor(private readonly counts: boolean, private readonly sendOn: (parcel: Parcel) => void) {}

  begin(parcel: Parcel): void {
    if (this.counts) this.#overdue.set(parcel.booking.id, false);
    this.sendOn(parcel);
  }

  /** Whether it stays because of that, as nothing can be picked up without a label. */
  holds({ booking: { id, plan }, planned }: Parcel): boolean {
    if (!this.#overdue.has(id) || plan[planned]?.code !== "PICKED_UP") return false;
    this.#overdue.set(id, true);
    return true;
  }

  /** Its label was fetched. */
  end(parcel: Parcel): void {
    const { id } = parcel.booking;
    const isOverdue = this.#overdue.get(id) === true;
    this.#overdue.delete(id);
    if (isOverdue) this.sendOn(parcel);
  }
}
