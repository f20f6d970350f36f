/** Couriers' price lists have steps; where they differ, the last known price is a little wrong for a little while. Kilograms. */
const classes = [0.5, 1, 2, 5, 10, 15, 20, 31.5];

/** Parcels that cost about the same, e.g. `5` for those up to 5 kg, `5+cash` where cash is collected. */
export function weightClassOf(weightGrams: number, cashOnDeliveryMinor: number): string {
  const upTo = classes.find((kilograms) => weightGrams <= kilograms * 1_000);
  return `${upTo === undefined ? "more" : String(upTo)}${cashOnDeliveryMinor > 0 ? "+cash" : ""}`;
}
