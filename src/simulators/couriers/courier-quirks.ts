import { z } from "zod";
import { rate } from "../faults.js";

/** What a courier does that it should not, on order. Rates are shares of all cases, 0 to 1. */
export const courierQuirksSchema = z.strictObject({
  /** Every answer comes that much later. */
  latencyMs: z.number().min(0).max(60_000),
  /** 503 for everything. */
  down: z.boolean(),
  /** 500 before anything was booked. */
  failRate: rate,
  /** The label is made, its answer never comes. */
  timeoutAfterRate: rate,
  duplicateRate: rate,
  /** Webhooks that are first sent `lateMs` later. */
  lateRate: rate,
  lateMs: z.number().min(0).max(3_600_000),
  /** Webhooks that are held until the parcel's next scan was sent. */
  outOfOrderRate: rate,
  /** Parcels booked now that will also be seen under a code that no contract knows. */
  unknownCodeRate: rate,
  /** Parcels move on, nobody is told; asking still helps. */
  silent: z.boolean(),
});

export type CourierQuirks = Readonly<z.infer<typeof courierQuirksSchema>>;

export const noCourierQuirks: CourierQuirks = {
  latencyMs: 0, down: false, failRate: 0, timeoutAfterRate: 0, duplicateRate: 0, lateRate: 0, lateMs: 2_000,
  outOfOrderRate: 0, unknownCodeRate: 0, silent: false,
};
