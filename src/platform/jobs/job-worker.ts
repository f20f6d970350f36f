import type { Pool } from "pg";
import type { JobResult, JobWithMetadata, PgBoss } from "pg-boss";
import type { DomainEvent } from "../../kernel/event.js";
import type { Consumer } from "../../kernel/consumer.js";
import { Undecided } from "../../kernel/undecided.js";
import type { Logger } from "../log/logger.js";
import { recordAttempts, type JobAttempt } from "./attempt-record.js";
import { deferJobs, deferralOf, type Deferral } from "./defer-jobs.js";
import { readEvents, referenceKey, type EventReference } from "./event-reader.js";
import type { DataJobHandler, JobAttemptInfo, JobHandler } from "./job-handler.js";
import { readTurns } from "./in-turn.js";
import type { QueueDefinition } from "./queue.js";
import { YieldToOrders } from "./yield-to-orders.js";

/** How much of a queue one process works off at once. */
interface Share {
  readonly queue: QueueDefinition;
  /** Jobs fetched and settled together; default 100. */
  readonly batchSize?: number;
  /** Batches under way at once; default 2. */
  readonly batches?: number;
  /** Begins at once even where others make way for orders (`rush`): somebody watches for it, and it is little. */
  readonly urgent?: boolean;
}

/** Works off the events of a consumer. */
export interface ConsumerWorker<Event extends DomainEvent = never> extends Share {
  readonly kind: "events";
  readonly consumer: Consumer<Event>;
  readonly handle: JobHandler<Event>;
}

/** Works off jobs that carry their own data. */
export interface DataWorker<Data extends object = never> extends Share {
  readonly kind: "data";
  readonly handle: DataJobHandler<Data>;
}

// A list of workers mixes events and data: each handler is only ever given what its own queue carries.
export type AnyWorker = ConsumerWorker | DataWorker;

export interface JobWorkersOptions {
  readonly boss: PgBoss;
  readonly pool: Pool;
  readonly workers: readonly AnyWorker[];
  readonly logger: Logger;
  /** Told of every attempt: its queue, its outcome and its time. */
  readonly onAttempt?: (queue: string, outcome: JobAttempt["outcome"], elapsedMs: number) => void;
  /** While there is a rush of orders, batches begin further apart where both want the same processors; absent: never. */
  readonly rush?: { readonly isRush: boolean } | null;
  /** How often a queue is looked at without a NOTIFY, e.g. for jobs whose time has come; default 2. */
  readonly pollingSeconds?: number;
}

const batchSizeDefault = 100;
const batchesDefault = 2;
const pollingSecondsDefault = 2;

/** Starts working off queues; `boss.stop()` ends it. Every attempt of every job is recorded. */
export async function startJobWorkers(options: JobWorkersOptions): Promise<void> {
  const manners = options.rush ? new YieldToOrders(options.rush) : null;
  const { pollingSeconds = pollingSecondsDefault } = options;
  for (const worker of options.workers) {
    await options.boss.work(worker.queue.name, {
      batchSize: worker.batchSize ?? batchSizeDefault,
      localConcurrency: worker.batches ?? batchesDefault,
      includeMetadata: true,
      perJobResults: true,
      burstWhenBatchFull: true,
      pollingIntervalSeconds: pollingSeconds,
      notifyPollingIntervalSeconds: pollingSeconds,
    }, async (jobs) => {
      if (worker.urgent !== true) await manners?.turn(Date.now() - Math.min(...jobs.map(({ startAfter }) => startAfter.getTime())), jobs[0]?.signal);
      return runJobs(options, worker, jobs as BossJob[]);
    });
  }
}

type BossJob = JobWithMetadata;

async function runJobs(options: JobWorkersOptions, worker: AnyWorker, jobs: BossJob[]): Promise<JobResult[]> {
  const run = worker.kind === "events" ? await eventRunner(options.pool, worker, jobs) : dataRunner(worker);
  const tried = await Promise.all(jobs.map((job) => attempt(options, worker, job, run)));
  const attempts = tried.map(({ record }) => record);
  await recordAttempts(options.pool, attempts);
  await deferJobs(options.pool, worker.queue.name, tried.flatMap(({ deferral }) => deferral ?? []));
  return attempts.map(({ jobId, outcome, error }) => ({
    id: jobId,
    status: outcome === "completed" ? "completed" : "failed",
    ...(error === null ? {} : { output: { message: error } }),
  }));
}

interface Runner {
  readonly run: (job: BossJob, info: JobAttemptInfo) => Promise<void>;
  /** What the job belongs to, as far as the job itself says so. */
  readonly correlationId: (job: BossJob) => string;
}

async function eventRunner(pool: Pool, { handle, consumer }: ConsumerWorker, jobs: readonly BossJob[]): Promise<Runner> {
  const references = jobs.map(({ data }) => data).filter(isReference);
  const [events, turns] = await Promise.all([readEvents(pool, references), consumer.fifo ? readTurns(pool, consumer, references) : null]);
  return {
    async run(job, info) {
      const { data } = job;
      if (!isReference(data)) throw new Error("the job names no event");
      const work = async (): Promise<void> => {
        const event = events.get(referenceKey(data));
        if (!event) throw new Error(`there is no event ${referenceKey(data)}`);
        await (handle as unknown as JobHandler<DomainEvent>)(event, info);
      };
      return turns ? turns.inTurn(data, job, work) : work();
    },
    correlationId: ({ id, data }) => (isReference(data) ? data.correlationId : id),
  };
}

/** A job that somebody made by hand must fail alone, not with its neighbours. */
function isReference(data: unknown): data is EventReference {
  const { streamId, version, correlationId } = (data ?? {}) as Partial<Record<keyof EventReference, unknown>>;
  return typeof streamId === "string" && Number.isInteger(version) && typeof correlationId === "string";
}

function dataRunner({ handle }: DataWorker): Runner {
  return {
    run: ({ data }, info) => (handle as unknown as DataJobHandler<object>)(data, info),
    correlationId: ({ id }) => id,
  };
}

interface Tried {
  readonly record: JobAttempt;
  /** Null where the queue's own limits say what follows. */
  readonly deferral: Deferral | null;
}

async function attempt(options: JobWorkersOptions, { queue }: AnyWorker, job: BossJob, runner: Runner): Promise<Tried> {
  const { id: jobId, retryCount } = job;
  const startedAt = new Date();
  const last = retryCount >= job.retryLimit;
  let correlationId = runner.correlationId(job);
  let failure: { readonly thrown: unknown; readonly error: string } | null = null;
  try {
    await runner.run(job, {
      jobId, attempt: retryCount + 1, last, signal: job.signal,
      correlate(id) { correlationId = id; },
    });
  } catch (thrown) {
    failure = { thrown, error: messageOf(thrown) };
  }
  const deferral = failure && deferralIn(queue, failure.thrown, last);
  const outcome = failure === null ? "completed" : deferral?.counted === false ? "deferred" : last ? "dead" : "failed";
  const endedAt = new Date();
  if (failure) tell(options.logger, { queue: queue.name, jobId, attempt: retryCount + 1, outcome }, failure.thrown);
  options.onAttempt?.(queue.name, outcome, endedAt.getTime() - startedAt.getTime());
  const error = failure?.error ?? null;
  return {
    record: {
      jobId, queue: queue.name, correlationId: keepable(correlationId), attempt: retryCount + 1,
      outcome, error, startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString(),
    },
    deferral: deferral && { jobId, retryCount, ...deferral, error: error ?? "" },
  };
}

/** Other policies allow one waiting job: to give back a second would clash, which only pg-boss's own statement forgives. */
function deferralIn({ policy }: QueueDefinition, thrown: unknown, last: boolean): Pick<Deferral, "seconds" | "counted"> | null {
  const deferral = policy === "standard" ? deferralOf(thrown) : null;
  return deferral?.counted && last ? null : deferral;
}

/** News that overtakes other news is everyday life, and an outage is told where it is noticed: neither once a job. */
function tell(logger: Logger, { outcome, ...facts }: Pick<JobAttempt, "queue" | "jobId" | "attempt" | "outcome">, thrown: unknown): void {
  if (isTooEarly(thrown)) logger.debug({ ...facts, reason: messageOf(thrown) }, "a job came too early");
  else if (outcome === "deferred") logger.debug({ ...facts, reason: messageOf(thrown) }, "a job has to wait");
  else logger.warn({ ...facts, err: thrown }, "a job failed");
}

function isTooEarly(thrown: unknown): boolean {
  const cause = thrown instanceof Error && thrown.cause instanceof Undecided ? thrown.cause : thrown;
  return cause instanceof Undecided && cause.reason === "TOO_EARLY";
}

const errorLengthMax = 2_000;

function messageOf(thrown: unknown): string {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return keepable(text.slice(0, errorLengthMax));
}

/** What others have said may hold what PostgreSQL cannot: it must not fail the whole batch's record. */
function keepable(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}
