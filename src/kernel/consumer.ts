import type { DomainEvent } from "./event.js";

/** What a consumer is handed: the fact itself, free of personal data. */
export interface EventJob<Event extends DomainEvent = DomainEvent> {
  readonly eventId: string;
  readonly streamId: string;
  readonly version: number;
  readonly recordedAt: string;
  readonly correlationId: string;
  readonly event: Event;
}

/**
 * Somebody who acts on events: one queue each, its job written in the event's own transaction,
 * the job's id a function of event and queue, so that none can be missing or doubled.
 */
export interface Consumer<Event extends DomainEvent = DomainEvent> {
  /** Name of the pg-boss queue, `<context>.<what it does>`. */
  readonly queue: string;
  readonly on: readonly Event["type"][];
  /** False where this event gives nothing to do; every event of the types in `on` where absent. */
  readonly when?: (event: Event) => boolean;
  /**
   * One after the other: of a stream's events, so of an order's, none is worked off before those recorded earlier are done, and one
   * that failed for good holds up the rest of its stream here until it is redriven or discarded. Other streams do not notice.
   */
  readonly fifo?: true;
  /** Seconds to wait before the job may run; 0 where absent. */
  readonly delaySeconds?: (event: Event) => number;
}

/** Names a consumer; the identity function, there for its types. */
export function defineConsumer<Event extends DomainEvent>(consumer: Consumer<Event>): Consumer<Event> {
  return consumer;
}
