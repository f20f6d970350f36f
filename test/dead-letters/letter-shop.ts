import type pg from "pg";
import type { PgBoss } from "pg-boss";
import { redriveConsumer, redriveHandler } from "../../src/commands/operations/dead-letter-redrive.job.js";
import { raiseAlert } from "../../src/commands/operations/raise-alert.js";
import type { AlertRaised } from "../../src/events/operations.js";
import { defineConsumer, type Consumer } from "../../src/kernel/consumer.js";
import { newId } from "../../src/kernel/ids.js";
import { defaultLanes, PostgresCommandBus } from "../../src/platform/bus/postgres-command-bus.js";
import { listDeadLetters, readerOf, type DeadLetter } from "../../src/platform/dead-letters/dead-letter.js";
import { startBoss } from "../../src/platform/jobs/boss.js";
import { cleanUpQueue } from "../../src/platform/jobs/clean-up.js";
import { startJobWorkers, type AnyWorker } from "../../src/platform/jobs/job-worker.js";
import { effectQueue, type QueueDefinition } from "../../src/platform/jobs/queue.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { clientConfig, createPool } from "../../src/platform/postgres/connection.js";
import { projectorQueues } from "../../src/platform/projector/queues.js";
import { until } from "../replication/until.js";
import { createShopDatabases, type ShopDatabases } from "../support/shop-databases.js";

const quiet = createLogger("silent");
const limits = { policy: "standard", retryDelaySeconds: 1, retryDelayMaxSeconds: 1, expireSeconds: 30 } as const;
/** One attempt more than none. */
export const poisonQueue: QueueDefinition = { name: "test.poison", ...limits, retryLimit: 1 };
export const briefQueue: QueueDefinition = { name: "test.brief", ...limits, retryLimit: 0 };
const poisonConsumer = defineConsumer<AlertRaised>({ queue: poisonQueue.name, on: ["AlertRaised"], when: ({ details }) => details["queue"] === poisonQueue.name });
const briefConsumer = defineConsumer<AlertRaised>({ queue: briefQueue.name, on: ["AlertRaised"], when: ({ details }) => details["queue"] === briefQueue.name });
const consumers = [poisonConsumer, briefConsumer, redriveConsumer] as unknown as readonly Consumer[];

/** A primary with a read node, and workers whose jobs fail while they are told to. */
export class LetterShop {
  /** Keys of the alerts whose jobs were done, in the order of their ends. */
  readonly done: string[] = [];
  broken = true;
  #boss: PgBoss | null = null;
  readonly #buses: PostgresCommandBus[] = [];

  private constructor(readonly databases: ShopDatabases, readonly pool: pg.Pool) {}

  static async open(nodes = 1): Promise<LetterShop> {
    const databases = await createShopDatabases({ nodes, queues: [poisonQueue, briefQueue, effectQueue(redriveConsumer.queue), cleanUpQueue], nodeQueues: projectorQueues });
    return new LetterShop(databases, createPool({ url: databases.primary.appUrl, poolSize: 4 }));
  }

  /** Another process's. */
  bus(applicationName = "test bus"): PostgresCommandBus {
    const bus = new PostgresCommandBus({
      connection: clientConfig({ url: this.databases.primary.appUrl, applicationName, lockTimeoutMs: 5_000, statementTimeoutMs: 10_000 }),
      consumers, lanes: defaultLanes, laneCapacity: 5_000, batchMax: 250, inDoubtWaitMs: 10_000, logger: quiet,
    });
    this.#buses.push(bus);
    return bus;
  }

  /** One job at a time, so that their order shows. */
  async work(): Promise<void> {
    this.#boss ??= await startBoss({ url: this.databases.primary.appUrl, applicationName: "test jobs", poolSize: 4, logger: quiet, supervise: false });
    const handle = ({ event: { key } }: { readonly event: AlertRaised }): Promise<void> => {
      if (this.broken) return Promise.reject(new Error(`${key} is poison: ann@example.com paid with 4242 4242 4242 4242`));
      this.done.push(key);
      return Promise.resolve();
    };
    const one = { kind: "events", batchSize: 1, batches: 1 } as const;
    await startJobWorkers({
      boss: this.#boss, pool: this.pool, logger: quiet, pollingSeconds: 0.5,
      workers: [
        { ...one, queue: poisonQueue, consumer: poisonConsumer, handle }, { ...one, queue: briefQueue, consumer: briefConsumer, handle },
        { ...one, queue: effectQueue(redriveConsumer.queue), consumer: redriveConsumer, handle: redriveHandler({ bus: this.bus(), pool: this.pool, logger: quiet }) },
      ] as unknown as readonly AnyWorker[],
    });
  }

  async rest(): Promise<void> {
    await this.#boss?.stop({ graceful: true, timeout: 5_000 });
    this.#boss = null;
  }

  /** Raises an alert, whose event gets a job on that queue. */
  async send(queue: string, key: string, orderId: string = newId(), traceparent?: string): Promise<void> {
    await (this.#buses[0] ?? this.bus()).execute(raiseAlert, { key, severity: "info", message: key, details: { orderId, queue } }, {
      actor: { role: "system", id: "test" }, idempotencyKey: newId(), ...(traceparent === undefined ? {} : { traceparent }),
    });
  }

  letters(queue: string | null = null): Promise<readonly DeadLetter[]> {
    return listDeadLetters(readerOf(this.pool), queue, { limit: 1_000 });
  }

  async dead(count: number, queue: string): Promise<readonly DeadLetter[]> {
    let letters: readonly DeadLetter[] = [];
    await until(`${String(count)} jobs of ${queue} are dead`, async () => (letters = await this.letters(queue)).length === count);
    return letters;
  }

  /** Types and actors of what is told of a letter. */
  async told(letterId: string): Promise<readonly { readonly type: string; readonly actor: string; readonly data: Record<string, unknown> }[]> {
    return (await this.pool.query<{ type: string; actor: string; data: Record<string, unknown> }>(
      "SELECT type, metadata->>'actor' AS actor, data FROM event_log WHERE stream_id = $1 ORDER BY version", [`dead_letter-${letterId}`])).rows;
  }

  async close(): Promise<void> {
    await this.rest();
    await Promise.all(this.#buses.map((bus) => bus.close()));
    await this.pool.end();
    await this.databases.drop();
  }
}
