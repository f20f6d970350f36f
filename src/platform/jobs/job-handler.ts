import type { EventJob } from "../../kernel/consumer.js";
import type { DomainEvent } from "../../kernel/event.js";

/** Where an attempt stands. */
export interface JobAttemptInfo {
  readonly jobId: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** True where no attempt follows this one. */
  readonly last: boolean;
  /** Says what the job belongs to, e.g. an order's id, where only the handler finds out; for its trace. */
  readonly correlate: (id: string) => void;
  /** Aborted when the attempt's time is over or the process stops. */
  readonly signal: AbortSignal;
}

/** Works off one event. What it throws fails the attempt; the queue's limits say what follows. */
export type JobHandler<Event extends DomainEvent> = (job: EventJob<Event>, attempt: JobAttemptInfo) => Promise<void>;

/** Works off one job that carries its own data. */
export type DataJobHandler<Data extends object> = (data: Data, attempt: JobAttemptInfo) => Promise<void>;
