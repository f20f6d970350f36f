/** How a delivery failed. */
export interface Failure {
  /** Of docs/courier-contract.md, or the courier's own word; null where it gave none. */
  readonly reasonCode: string | null;
  /** Failures of the parcel so far, this one among them. */
  readonly failures: number;
}

/** `wait`: the courier comes again by itself. */
export type AfterFailure = "wait" | "redeliver" | "return" | "lost";

/** Nobody was there: couriers come again without being told. */
const comesAgain: ReadonlySet<string> = new Set(["recipient_absent"]);
/** Coming again does not mend it. */
const hopeless: ReadonlySet<string> = new Set(["damaged", "refused_by_recipient", "address_unknown"]);

/** @param attemptsMax so many times a parcel is brought to the door at most */
export function afterFailure({ reasonCode, failures }: Failure, attemptsMax: number): AfterFailure {
  if (reasonCode === "lost") return "lost";
  if (failures >= attemptsMax || (reasonCode !== null && hopeless.has(reasonCode))) return "return";
  return reasonCode !== null && comesAgain.has(reasonCode) ? "wait" : "redeliver";
}
