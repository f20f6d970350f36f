import pg from "pg";
import { newId } from "../../src/kernel/ids.js";
import type { AlertRequest } from "../../src/platform/alerts/alert-port.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { InProcessLive } from "../../src/platform/live/in-process-live.js";
import { startProjector, type ProjectorOptions, type RunningProjector } from "../../src/platform/projector/projector.js";
import type { BankEvent } from "./bank.js";

/** Writes facts into a log as the command bus does: one transaction, versions without a gap. */
export class Teller {
  readonly #versions = new Map<string, number>();

  private constructor(private readonly client: pg.Client) {}

  static async open(url: string): Promise<Teller> {
    // What is not flushed is not replicated, and the test servers flush every 200 ms only.
    const client = new pg.Client({ connectionString: url, options: "-c synchronous_commit=on" });
    client.on("error", () => undefined);
    await client.connect();
    return new Teller(client);
  }

  /** @returns the position of the last event, decimal */
  async write(...events: readonly BankEvent[]): Promise<string> {
    const rows = events.map((event) => {
      const stream = `account-${event.account}`;
      const version = (this.#versions.get(stream) ?? 0) + 1;
      this.#versions.set(stream, version);
      const { type, ...data } = event;
      return { event_id: newId(), stream_id: stream, version, type, data };
    });
    const { rows: [last] } = await this.client.query<{ position: string }>(
      `WITH added AS (
         INSERT INTO event_log (event_id, stream_category, stream_id, version, type, data, metadata, recorded_at)
         SELECT event_id, 'account', stream_id, version, type, data, '{"actor":"system:test","command":"Test","correlationId":"c","causationId":"c"}', clock_timestamp()
         FROM json_to_recordset($1::json) AS e (event_id uuid, stream_id text, version integer, type text, data jsonb) RETURNING position)
       SELECT max(position)::text AS position FROM added`, [JSON.stringify(rows)]);
    return last!.position;
  }

  /** Pretends that a version was lost on the way. */
  skipVersion(account: string): void {
    this.#versions.set(`account-${account}`, (this.#versions.get(`account-${account}`) ?? 0) + 1);
  }

  forgetSkip(account: string): void {
    this.#versions.set(`account-${account}`, (this.#versions.get(`account-${account}`) ?? 0) - 1);
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

/** Looks again until it holds. @throws Error naming the condition when `timeoutMs` passed first */
export async function eventually(condition: string, holds: () => Promise<boolean> | boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${String(timeoutMs)} ms: ${condition}`);
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
}

export class HeardAlerts {
  readonly requests: AlertRequest[] = [];

  async raise(alert: AlertRequest): Promise<void> {
    this.requests.push(alert);
  }

  has(key: string): boolean {
    return this.requests.some((request) => request.key === key);
  }
}

export const quiet = createLogger("silent");

export async function runProjector(options: Pick<ProjectorOptions, "node" | "projections"> & Partial<ProjectorOptions>): Promise<RunningProjector> {
  return startProjector({ alerts: new HeardAlerts(), live: new InProcessLive(), logger: quiet, pollMs: 200, ...options });
}

export async function queryNode<Row extends pg.QueryResultRow>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}
