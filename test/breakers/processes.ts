import type pg from "pg";
import { Registry } from "prom-client";
import { BreakerShare, type BreakerShareOptions } from "../../src/commands/operations/breaker-share.adapter.js";
import { GatewayError } from "../../src/platform/http-client/gateway-error.js";
import { Outside, type OutsideOptions } from "../../src/platform/outside/outside.js";
import { createPool } from "../../src/platform/postgres/connection.js";
import { quiet, type Shop } from "../bus/shop.js";

/** Everything that one process has of its own: a bus, a pool, a listening connection, the way to one neighbour. */
export interface Process {
  readonly outside: Outside;
  readonly registry: Registry;
  /** The last one is the newest. */
  readonly states: string[];
  close(): Promise<void>;
}

export interface ProcessOptions extends Partial<Pick<BreakerShareOptions, "pollMs" | "answerMs">> {
  /** The primary, where it is reached by a way of its own; `listenUrl` for the connection that listens alone. */
  readonly url?: string;
  readonly listenUrl?: string;
  readonly outside?: Partial<OutsideOptions>;
}

/** Where nothing else is said it hears by NOTIFY alone: nobody polls within a test. */
export function startProcess(shop: Shop, party: string, { url = shop.primary.appUrl, listenUrl = url, pollMs = 600_000, answerMs = 10_000, outside = {} }: ProcessOptions = {}): Process {
  const bus = shop.process({ inDoubtWaitMs: 300 }, { url });
  const pool: pg.Pool = createPool({ url, poolSize: 2, connectTimeoutMs: 500 });
  const share = new BreakerShare({ bus, pool, url: listenUrl, logger: quiet, pollMs, answerMs });
  const [registry, states] = [new Registry(), [] as string[]];
  const way = new Outside({
    party, registry, logger: quiet, callsMax: 20, callsPerSecond: 0, shared: share.of(party), onChange: (state) => states.push(state), ...outside,
    breaker: { slowMs: 2_000, callsMin: 5, failureRate: 0.5, failuresInRow: 5, openMs: 150, openMaxMs: 30_000, ...outside.breaker },
  });
  return {
    outside: way, registry, states,
    async close() {
      way.close();
      await share.close();
      await pool.end();
    },
  };
}

export const good = (): Promise<string> => Promise.resolve("answer");
export const down = (): Promise<string> => Promise.reject(new GatewayError("timeout", "the neighbour is silent", { inDoubt: true }));

/** So many calls, one after the other: what came of each, an error's code for one that was held back. */
export async function calls({ outside }: Process, count: number, work: () => Promise<string>): Promise<string[]> {
  const outcomes: string[] = [];
  for (let call = 0; call < count; call += 1) outcomes.push(await outside.call(work).catch((error: unknown) => outcomeOf(error)));
  return outcomes;
}

export function outcomeOf(error: unknown): string {
  return error instanceof GatewayError ? error.code ?? error.kind : String(error);
}
