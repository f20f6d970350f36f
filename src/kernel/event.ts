/** A fact, in the past tense, JSON-safe. `type` is unique over all contexts. */
export interface DomainEvent {
  readonly type: string;
}

/** What stands beside an event's data: who, why, and on whose behalf. */
export interface EventMetadata {
  /** `customer:<id>`, `operator:<id>` or `system:<process>`. */
  readonly actor: string;
  /** The command that caused it. */
  readonly command: string;
  /** Ties together all that belongs to one order (its id), or to one command where there is no order. */
  readonly correlationId: string;
  /** Id of the command, or of the job that sent it. */
  readonly causationId: string;
  /** W3C trace context of the request, where there was one. */
  readonly traceparent?: string;
}

/** An event as it stands in `event_log`. */
export interface RecordedEvent<Event extends DomainEvent = DomainEvent> {
  /** Identity on the primary, in order of insertion (not of commit). Decimal, since it may pass 2^53. */
  readonly position: string;
  /** UUIDv7. */
  readonly eventId: string;
  readonly streamCategory: string;
  readonly streamId: string;
  /** 1, 2, 3 … without a gap within a stream. */
  readonly version: number;
  readonly event: Event;
  readonly metadata: EventMetadata;
  /** RFC 3339, the batch's time on the primary's clock. */
  readonly recordedAt: string;
}
