import type { AlertDesk } from "../../platform/alerts/alert-port.js";

export const whatToDo = "put it back into COURIERS_FILE and start the workers again, until nothing is open there; or see to its labels by hand, and discard the job when it is a dead letter";

function keyOf(courierId: string): string {
  return `courier_gone:${courierId}`;
}

/** Calls or labels are open at a courier that the settings do not name any more. Over as soon as a worker that knows it again comes to one of them. */
export class GoneCourierAlert {
  readonly #over = new Set<string>();

  constructor(private readonly alerts: AlertDesk) {}

  async raise(courierId: string): Promise<void> {
    await this.alerts.raise({
      key: keyOf(courierId), severity: "critical",
      message: `Labels may be live at the courier ${courierId}, which the settings do not name any more, and nobody calls them off: ${whatToDo}.`, details: { courierId },
    });
  }

  /** Said once: settings are those of the process. */
  async over(courierId: string): Promise<void> {
    if (this.#over.has(courierId)) return;
    this.#over.add(courierId);
    await this.alerts.resolve(keyOf(courierId));
  }
}
