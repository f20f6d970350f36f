import type { Pool } from "pg";
import type { AlertPort } from "../../../platform/alerts/alert-port.js";

/** Codes that a process remembers to have asked the table about. */
const rememberedMax = 10_000;

/** Couriers' words that nobody has given a meaning: a person is told once of each. */
export class StrangeCodes {
  readonly #pool: Pool;
  readonly #alerts: AlertPort;
  readonly #remembered = new Set<string>();

  constructor(pool: Pool, alerts: AlertPort) {
    this.#pool = pool;
    this.#alerts = alerts;
  }

  async told(courierId: string, rawCode: string, example: { readonly orderId: string; readonly shipmentId: string }): Promise<void> {
    const code = `${courierId}/${rawCode}`;
    if (this.#remembered.has(code)) return;
    const { rowCount } = await this.#pool.query("SELECT FROM strange_code WHERE code = $1", [code]);
    if (rowCount === 0) {
      await this.#alerts.raise({
        key: `tracking_code_unknown:${code}`, severity: "warning",
        message: "A courier told something in a word that has no meaning here; it is kept as it came. See unknownTrackingCodes, and ask the courier what it means.",
        details: { courierId, rawCode, ...example },
      });
      // Afterwards: a process that dies between the two tells it again, and the alert counts it.
      await this.#pool.query("INSERT INTO strange_code (code, first_at) VALUES ($1, clock_timestamp()) ON CONFLICT DO NOTHING", [code]);
    }
    if (this.#remembered.size >= rememberedMax) this.#remembered.clear();
    this.#remembered.add(code);
  }
}
