import type { Actor, CommandDefinition } from "../../kernel/command.js";
import type { Json } from "../../kernel/json.js";
import type { RefusalAnswer } from "../../kernel/refusal.js";

/** Who sends a command, and how its repetitions are told. */
export interface CommandEnvelope {
  readonly actor: Actor;
  /** Unique within actor and command; a job's comes from job id and step. */
  readonly idempotencyKey: string;
  readonly causationId?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
  /**
   * Aborted when nobody waits for the answer any more. A command that was not begun by then is left out, unless
   * somebody else has sent it as well; one that was begun goes on.
   */
  readonly signal?: AbortSignal;
}

/** What became of a command. Exactly one of `answer` and `refusal` is not null. */
export interface CommandOutcome<Answer extends Json> {
  readonly commandId: string;
  readonly answer: Answer | null;
  readonly refusal: RefusalAnswer | null;
  /** Position of the last event of its transaction (a replay returns the stored one), decimal; "0" where there is none. */
  readonly position: string;
  /** True where the answer was given before, or to somebody else who sent the same at the same time. */
  readonly replayed: boolean;
}

/** How full a lane is. */
export interface LaneState {
  readonly waiting: number;
  /** From 0 to 1. */
  readonly fill: number;
  /** Until what waits will have been worked off, at the measured rate. */
  readonly waitSeconds: number;
}

/** A product that has a lane of its own. */
export interface HotLane {
  readonly key: string;
  /** `hot-1` and so on: the label of its metrics, of which there are only so many. */
  readonly lane: string;
  readonly waiting: number;
}

/** What a bus tells of its queues. */
export interface BusState {
  /** Commands that wait, by lane; those of products with a lane of their own under `hot-1` and so on. */
  waiting(): Readonly<Record<string, number>>;
  hotLanes(): readonly HotLane[];
  /** Products with a lane of their own that would refuse a command now. */
  fullKeys(): readonly string[];
  /** Whether a command with that idempotency key, anybody's, waits or is at work. */
  isUnderWay(idempotencyKey: string): boolean;
  /** Null where there is no lane of that name. */
  lane(name: string): LaneState | null;
}

export interface CommandBus {
  /**
   * Resolves after commit. Refusals are outcomes; what is thrown is a `SystemError`
   * (`OVERLOADED`, `UNAVAILABLE`, `IN_DOUBT`, `IDEMPOTENCY_KEY_REUSED`, `DEADLINE_EXCEEDED`) or a bug.
   */
  execute<Input, Answer extends Json>(
    definition: CommandDefinition<Input, Answer>, input: Input, envelope: CommandEnvelope,
  ): Promise<CommandOutcome<Answer>>;
}
