import type { PgBoss } from "pg-boss";
import type { Pool } from "pg";
import type { Registry } from "prom-client";
import type { AlertPort } from "../alerts/alert-port.js";
import { classify } from "../bus/failure.js";
import { startBoss } from "../jobs/boss.js";
import { attemptsKept, removeOld } from "../jobs/clean-up.js";
import type { LivePort } from "../live/live-port.js";
import type { Logger } from "../log/logger.js";
import { createPool } from "../postgres/connection.js";
import { runBuilds } from "./build-loop.js";
import type { Upcast } from "./event-row.js";
import { FoldLoop } from "./fold-loop.js";
import type { NodeAddress } from "./node-address.js";
import { NodeListener } from "./node-listener.js";
import { NodeSession } from "./node-session.js";
import { nodeSettings } from "./node-types.js";
import { NodeWatch } from "./node-watch.js";
import { ProjectorMetrics } from "./projector-metrics.js";
import { buildQueue, foldQueue, sliceMs, sweepQueue, viewQueue, wakeUpOptions } from "./queues.js";
import { refreshView } from "./refresh-view.js";
import type { ReadTable } from "./read-table.js";
import { ensureBuilds } from "./registry.js";
import { Reporter } from "./reporter.js";
import { sweepRetired } from "./sweep.js";
import type { ViewDefinition } from "./view.js";

export interface ProjectorOptions {
  readonly node: NodeAddress;
  readonly projections: readonly ReadTable[];
  readonly views?: readonly ViewDefinition[];
  readonly alerts: AlertPort;
  readonly live: LivePort;
  readonly logger: Logger;
  readonly metrics?: Registry;
  readonly upcast?: Upcast;
  /** Events a round; default 1,000. */
  readonly pageSize?: number;
  /** How often to look whether a wake-up was missed; default 1,000. */
  readonly pollMs?: number;
  /** How long a fold stays for the next event; default 50. */
  readonly lingerMs?: number;
  /** How long a retired table is kept for those who still read it; default 60. */
  readonly graceSeconds?: number;
}

export interface RunningProjector {
  /** Lets the round under way finish, then closes every connection. */
  stop(): Promise<void>;
}

/**
 * Folds a node's log into its read tables until it is stopped, woken through pg-boss: NOTIFY makes it quick, a
 * poll makes it sure, the checkpoints make it right. Any number of projectors may run on a node.
 * @throws the driver's error where the node cannot be reached at the start; later it waits for the node to come back
 * @throws Error where a table changed and its projection's version did not
 */
export async function startProjector(options: ProjectorOptions): Promise<RunningProjector> {
  const { node, logger } = options;
  const pool = createPool({ url: node.appUrl, applicationName: "millrace projector", poolSize: 3, serverSettings: nodeSettings, statementTimeoutMs: 60_000 },
    (error) => { logger.warn({ err: error, node: node.name }, "the projector lost a connection"); });
  try {
    await ensureOn(pool, options.projections);
    const boss = await startBoss({ url: node.appUrl, applicationName: "millrace projector jobs", poolSize: 4, logger, supervise: true });
    const projector = new Projector(options, pool, boss);
    await projector.start();
    return projector;
  } catch (error) {
    await pool.end();
    throw error;
  }
}

async function ensureOn(pool: Pool, tables: readonly ReadTable[]): Promise<void> {
  const client = await pool.connect();
  try {
    await ensureBuilds(client, tables);
  } finally {
    client.release();
  }
}

class Projector implements RunningProjector {
  readonly #stopping = new AbortController();
  readonly #reporter: Reporter;
  readonly #foldSession: NodeSession;
  readonly #buildSession: NodeSession;
  readonly #loop: FoldLoop;
  readonly #metrics: ProjectorMetrics | null;
  #listener: NodeListener | null = null;
  #watch: NodeWatch | null = null;
  #sending: Promise<unknown> | null = null;
  /** Runs outside a job, for as long as pg-boss takes a dead process's job for active. */
  #direct: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ProjectorOptions, private readonly pool: Pool, private readonly boss: PgBoss) {
    const { node, metrics, projections, pageSize, upcast, lingerMs = 50 } = options;
    this.#metrics = metrics ? new ProjectorMetrics(metrics, node.name) : null;
    this.#reporter = new Reporter({ nodeName: node.name, alerts: options.alerts, live: options.live, logger: options.logger, metrics: this.#metrics });
    this.#foldSession = new NodeSession(node.appUrl, "millrace projector fold");
    this.#buildSession = new NodeSession(node.appUrl, "millrace projector build");
    this.#loop = new FoldLoop({
      session: this.#foldSession, settings: { tables: projections, pageSize, upcast }, reporter: this.#reporter, lingerMs,
      ensure: () => ensureOn(pool, projections),
      onBehind: () => { this.#send(buildQueue); },
    });
  }

  async start(): Promise<void> {
    const { node, logger, pollMs = 1_000, views = [] } = this.options;
    // A poll is only a backstop: the job's NOTIFY comes first.
    const work = { pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 5, batchSize: 1 };
    await this.boss.work(foldQueue, work, () => this.#foldJob());
    await this.boss.work(buildQueue, work, () => this.#buildJob());
    // A job that was sent for later announces itself when it is sent, not when it is due.
    await this.boss.work<{ view: string }>(viewQueue, { ...work, notifyPollingIntervalSeconds: 1 }, async ([job]) => { if (job) await this.#viewJob(job.data.view); });
    await this.boss.work(sweepQueue, work, () => this.#sweepJob());
    this.#listener = await NodeListener.open({
      url: node.appUrl, applicationName: "millrace projector listener", channels: ["millrace_log"],
      onNotification: () => { this.#wake(); },
      onConnected: () => { this.#wake(); },
      onLost: (error) => { logger.warn({ err: error, node: node.name }, "the projector does not hear the node and connects again"); },
    });
    this.#watch = new NodeWatch({
      pool: this.pool, everyMs: pollMs, loop: this.#loop, metrics: this.#metrics, logger,
      wake: () => { this.#wake(); },
      build: () => { this.#send(buildQueue); },
      // pg-boss may hold the job of a killed process as active until it expires; the checkpoint makes a fold beside it safe.
      foldHere: () => { this.#direct = this.#loop.run(sliceMs, this.#stopping.signal); },
      housekeep: () => { this.#seed(views); },
    });
    this.#wake();
    this.#send(buildQueue);
    this.#seed(views);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#watch?.close();
    await this.#listener?.close();
    await this.#sending;
    await this.boss.stop({ graceful: true, timeout: 15_000 });
    await this.#direct;
    await Promise.all([this.#foldSession.close(), this.#buildSession.close(), this.pool.end()]);
  }

  /** A run that is under way hears it by itself; otherwise one job is sent, however many events came. */
  #wake(): void {
    this.#loop.news.raise();
    if (!this.#loop.running && !this.#sending) {
      this.#sending = this.#sendNow(foldQueue).finally(() => { this.#sending = null; });
    }
  }

  async #foldJob(): Promise<void> {
    const more = await this.#loop.run(sliceMs, this.#stopping.signal);
    if (more) this.#wake();
  }

  async #buildJob(): Promise<void> {
    const { projections, pageSize, upcast } = this.options;
    const settings = { tables: projections, pageSize, upcast };
    // Nothing of a page that failed was kept; the next poll sends the job again.
    const more = await runBuilds(this.#buildSession, settings, this.#reporter, sliceMs, this.#stopping.signal)
      .catch((error: unknown) => { this.#reporter.trouble(error, classify(error)); });
    if (more) this.#send(buildQueue);
  }

  async #viewJob(name: string): Promise<void> {
    const view = this.options.views?.find((one) => one.name === name);
    if (!view) return;
    await refreshView(this.pool, view).catch((error: unknown) => { this.#reporter.trouble(error, "view"); });
    await this.#sendView(view, view.refreshEverySeconds ?? 10);
  }

  async #sweepJob(): Promise<void> {
    const dropped = await sweepRetired(this.pool, this.options.graceSeconds ?? 60);
    if (dropped.length > 0) this.options.logger.info({ dropped }, "dropped read tables that are out of use");
    // What a slice does not get through is for the next sweep, half a minute later.
    await removeOld(this.pool, attemptsKept, this.options.logger, AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(sliceMs)]));
  }

  /** Begins the chains of jobs that send themselves, and mends those that a killed process broke. */
  #seed(views: readonly ViewDefinition[]): void {
    this.#send(sweepQueue);
    for (const view of views) void this.#sendView(view, 0);
  }

  async #sendView(view: ViewDefinition, startAfter: number): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    await this.boss.send(viewQueue, { view: view.name }, { ...wakeUpOptions, singletonKey: view.name, startAfter }).catch((error: unknown) => { this.#reporter.trouble(error, "job"); });
  }

  #send(queue: string): void {
    void this.#sendNow(queue);
  }

  /** Where it fails the next poll sends again. Where a job waits already, the queue's policy drops this one. */
  async #sendNow(queue: string): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    await this.boss.send(queue, {}, wakeUpOptions).catch((error: unknown) => { this.#reporter.trouble(error, "job"); });
  }
}
