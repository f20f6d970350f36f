import type { AlertDesk } from "../../platform/alerts/alert-port.js";

const key = "no_courier";

/** Told once while it lasts, however many parcels wait; over as soon as a courier takes one. */
export class NoCourierAlert {
  #raised = false;

  constructor(private readonly alerts: AlertDesk) {}

  raise(reason: string): void {
    if (this.#raised) return;
    this.#raised = true;
    void this.alerts.raise({
      key, severity: "critical", message: "No courier can take parcels; they wait and go on by themselves when one can.", details: { reason },
    });
  }

  over(): void {
    if (!this.#raised) return;
    this.#raised = false;
    void this.alerts.resolve(key);
  }
}
