import { z } from "zod";
import { rate } from "../faults.js";

const wait = z.number().min(0).max(60_000);

/** What a courier does that it should not, on order. Rates are shares of all cases, 0 to 1. */
export const courierQuirksSchema = z.strictObject({
  /** Every answer comes that much later. */
  latencyMs: wait,
  /** On top of it, for prices. */
  rateLatencyMs: wait,
  /** 503 for everything. */
  down: z.boolean(),
  /** Connections are refused, also those of `/_simulator/`: undone by function, by an episode's end, or through the fleet's address. */
  refuse: z.boolean(),
  /** Requests are taken, nothing is done, nothing answered. */
  hang: z.boolean(),
  /** Likewise, for a share of them. */
  hangRate: rate,
  /** The connection is reset before anything was done. */
  resetRate: rate,
  /** 200 with a page instead of JSON; nothing was done. */
  garbageRate: rate,
  /** 500 before anything was booked. */
  failRate: rate,
  /** The label is made, its answer never comes. */
  timeoutAfterRate: rate,
  /** The label is made and answered with 500; the key then has the label. */
  failAfterRate: rate,
  /** The label is made at once and answered `lateAnswerMs` later. */
  lateAnswerRate: rate,
  lateAnswerMs: wait,
  /** A label is voided, its answer never comes. */
  cancelTimeoutRate: rate,
  /** 422 `not_cancellable` for what could be called off. */
  cancelRefusedRate: rate,
  /** What is called off is carried all the same. */
  carriesCancelledRate: rate,
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
  latencyMs: 0, rateLatencyMs: 0, down: false, refuse: false, hang: false, hangRate: 0, resetRate: 0, garbageRate: 0, failRate: 0,
  timeoutAfterRate: 0, failAfterRate: 0, lateAnswerRate: 0, lateAnswerMs: 5_000, cancelTimeoutRate: 0, cancelRefusedRate: 0, carriesCancelledRate: 0,
  duplicateRate: 0, lateRate: 0, lateMs: 2_000, outOfOrderRate: 0, unknownCodeRate: 0, silent: false,
};
