import { createHash } from "node:crypto";
import type { TrackingScan } from "./courier-port.js";

/** A sighting's id where the courier gives none: one that says the same of the same moment is the same. */
export function scanIdOf(trackingCode: string, { rawCode, occurredAt, city }: Pick<TrackingScan, "rawCode" | "occurredAt" | "city">): string {
  return createHash("sha256").update(JSON.stringify([trackingCode, rawCode, occurredAt, city])).digest("hex").slice(0, 32);
}
