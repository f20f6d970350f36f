import type { AlertDesk } from "../../platform/alerts/alert-port.js";

const key = "no_courier";
/** Another process may have ended it: while parcels wait here it is told again. */
const againMs = 60_000;

/** Told once while it lasts, however many parcels wait; over as soon as a courier takes one. */
export class NoCourierAlert {
  #quietUntilMs = -Infinity;
  /** Also of a process that has just begun: the one before it may have raised it. */
  #mayBeOpen = true;

  constructor(private readonly alerts: AlertDesk) {}

  raise(reason: string): void {
    if (performance.now() < this.#quietUntilMs) return;
    this.#quietUntilMs = performance.now() + againMs;
    this.#mayBeOpen = true;
    void this.alerts.raise({
      key, severity: "critical", message: "No courier can take parcels; they wait and go on by themselves when one can.", details: { reason },
    });
  }

  over(): void {
    if (!this.#mayBeOpen) return;
    this.#quietUntilMs = -Infinity;
    this.#mayBeOpen = false;
    void this.alerts.resolve(key);
  }
}
