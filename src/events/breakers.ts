export type {
  BreakerClosed, BreakerDryRunSet, BreakerEvent, BreakerHalfOpened, BreakerHeldOpen, BreakerInstalled, BreakerOpened, BreakerProbeClaimed, BreakerProbeSucceeded,
  BreakerReset, BreakerState, OpeningReason,
} from "../kernel/breaker.js";
