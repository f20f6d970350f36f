import type { Pool } from "pg";
import type { JobResult, JobWithMetadata, PgBoss } from "pg-boss";
import type { DomainEvent } from "../../kernel/event.js";
import type { Consumer } from "../../kernel/consumer.js";
import { Undecided } from "../../kernel/undecided.js";
import type { Logger } from "../log/logger.js";
import { recordAttempts, type JobAttempt } from "./attempt-record.js";
import { readEvents, referenceKey, type EventReference } from "./event-reader.js";
import type { DataJobHandler, JobAttemptInfo, JobHandler } from "./job-handler.js";
import type { QueueDefinition } from "./queue.js";

/** How much of a queue one process works off at once. */
interface Share {
  readonly queue: QueueDefinition;
  /** Jobs fetched and settled together; default 100. */
  readonly batchSize?: number;
  /** Batches under way at once; default 2. */
  readonly batches?: number;
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
}

const batchSizeDefault = 100;
const batchesDefault = 2;
/** Without a NOTIFY, e.g. while the listening connection is being opened again. */
const pollingSeconds = 2;

/** Starts working off queues; `boss.stop()` ends it. Every attempt of every job is recorded. */
export async function startJobWorkers(options: JobWorkersOptions): Promise<void> {
  for (const worker of options.workers) {
    await options.boss.work(worker.queue.name, {
      batchSize: worker.batchSize ?? batchSizeDefault,
      localConcurrency: worker.batches ?? batchesDefault,
      includeMetadata: true,
      perJobResults: true,
      burstWhenBatchFull: true,
      pollingIntervalSeconds: pollingSeconds,
      notifyPollingIntervalSeconds: pollingSeconds,
    }, (jobs) => runJobs(options, worker, jobs as BossJob[]));
  }
}

type BossJob = JobWithMetadata;

async function runJobs(options: JobWorkersOptions, worker: AnyWorker, jobs: BossJob[]): Promise<JobResult[]> {
  const run = worker.kind === "events" ? await eventRunner(options.pool, worker, jobs) : dataRunner(worker);
  const attempts = await Promise.all(jobs.map((job) => attempt(options, worker, job, run)));
  await recordAttempts(options.pool, attempts);
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

async function eventRunner(pool: Pool, { handle }: ConsumerWorker, jobs: readonly BossJob[]): Promise<Runner> {
  const events = await readEvents(pool, jobs.map(({ data }) => data).filter(isReference));
  return {
    async run({ data }, info) {
      if (!isReference(data)) throw new Error("the job names no event");
      const event = events.get(referenceKey(data));
      if (!event) throw new Error(`there is no event ${referenceKey(data)}`);
      await (handle as unknown as JobHandler<DomainEvent>)(event, info);
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

async function attempt({ logger, onAttempt }: JobWorkersOptions, { queue }: AnyWorker, job: BossJob, runner: Runner): Promise<JobAttempt> {
  const startedAt = new Date();
  const last = job.retryCount >= job.retryLimit;
  let error: string | null = null;
  let correlationId = runner.correlationId(job);
  try {
    await runner.run(job, {
      jobId: job.id, attempt: job.retryCount + 1, last, signal: job.signal,
      correlate(id) { correlationId = id; },
    });
  } catch (thrown) {
    error = messageOf(thrown);
    const facts = { queue: queue.name, jobId: job.id, attempt: job.retryCount + 1 };
    // News that overtakes other news is everyday life: it comes again.
    if (isTooEarly(thrown)) logger.debug({ ...facts, reason: error }, "a job came too early");
    else logger.warn({ ...facts, err: thrown }, "a job failed");
  }
  const outcome = error === null ? "completed" : last ? "dead" : "failed";
  const endedAt = new Date();
  onAttempt?.(queue.name, outcome, endedAt.getTime() - startedAt.getTime());
  return {
    jobId: job.id, queue: queue.name, correlationId: keepable(correlationId), attempt: job.retryCount + 1,
    outcome, error, startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString(),
  };
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
