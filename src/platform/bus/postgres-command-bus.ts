import type { ClientConfig } from "pg";
import type { CommandDefinition } from "../../kernel/command.js";
import type { Consumer } from "../../kernel/consumer.js";
import type { Json } from "../../kernel/json.js";
import type { Logger } from "../log/logger.js";
import type { BusState, CommandBus, CommandEnvelope, CommandOutcome, HotLane, LaneState } from "./command-bus.js";
import { HotLanes } from "./hot-lanes.js";
import { InFlight, type Caller } from "./in-flight.js";
import type { ConsumersByType } from "./keep-batch.js";
import { Lane, type LaneParts, type WaitingCommand } from "./lane.js";
import { commandIdOf, payloadHashOf } from "./pending-command.js";
import { callerGone, overloaded } from "./system-failures.js";

/** A lane: its name, and how many batches of it may be under way at once. */
export interface LaneOptions {
  readonly name: string;
  readonly connections: number;
}

export interface CommandBusOptions {
  readonly connection: ClientConfig;
  readonly consumers: readonly Consumer[];
  readonly lanes: readonly LaneOptions[];
  /** Commands that may wait in each lane, and repetitions of commands on their way that may wait in all. */
  readonly laneCapacity: number;
  /** Longest wait in a lane that is accepted, by the measured rate; any by default. */
  readonly waitMaxMs?: number;
  readonly batchMax: number;
  readonly inDoubtWaitMs: number;
  readonly logger: Logger;
  /** Lanes of products that everybody wants; none without it. `queueMin` is a whole batch by default. */
  readonly hotLanes?: { readonly max: number; readonly quietMs: number; readonly queueMin?: number };
  onTransaction?(lane: string, commands: number, elapsedMs: number): void;
}

/** Who issues numbers without a gap waits for all others who do: that is a lane of its own, so that nobody else waits along. */
export const defaultLanes: readonly LaneOptions[] = [
  { name: "orders", connections: 2 }, { name: "commands", connections: 2 }, { name: "invoices", connections: 1 },
];
const defaultLane = "commands";

/** The command bus on a PostgreSQL primary: bounded lanes, batches without timers, one transaction a batch. */
export class PostgresCommandBus implements CommandBus, BusState {
  readonly #lanes = new Map<string, Lane>();
  readonly #hotLanes: HotLanes;
  readonly #inFlight: InFlight;
  readonly #logger: Logger;

  constructor(options: CommandBusOptions) {
    const { logger, laneCapacity, batchMax, hotLanes } = options;
    this.#logger = logger;
    const parts: LaneParts = {
      connection: options.connection, consumers: byType(options.consumers), capacity: laneCapacity, waitMaxMs: options.waitMaxMs ?? Infinity, batchMax, logger,
      inDoubtWaitMs: options.inDoubtWaitMs,
      onTransaction: (lane, commands, elapsedMs) => { options.onTransaction?.(lane, commands, elapsedMs); },
    };
    for (const { name, connections } of options.lanes) this.#lanes.set(name, new Lane(name, connections, parts));
    this.#hotLanes = new HotLanes({
      max: hotLanes?.max ?? 0, quietMs: hotLanes?.quietMs ?? 0, queueMin: hotLanes?.queueMin ?? batchMax, logger,
      open: (name) => new Lane(name, 1, parts),
    });
    this.#inFlight = new InFlight(laneCapacity);
  }

  execute<Input, Answer extends Json>(
    definition: CommandDefinition<Input, Answer>, input: Input, envelope: CommandEnvelope,
  ): Promise<CommandOutcome<Answer>> {
    const common = this.#lanes.get(definition.lane ?? defaultLane);
    if (!common) return Promise.reject(new Error(`${definition.name} asks for the unknown lane ${String(definition.lane)}`));
    const { signal } = envelope;
    if (signal?.aborted) return Promise.reject(callerGone(signal.reason));
    return new Promise((resolve, reject) => {
      const commandId = commandIdOf(definition.name, envelope);
      const payloadHash = payloadHashOf(input);
      const caller: Caller = { resolve: resolve as Caller["resolve"], reject, signal };
      const joined = this.#inFlight.join(commandId, payloadHash, caller);
      if (joined === "full") reject(overloaded(common.waitSeconds));
      if (joined !== null) return;
      const needs = definition.needs(input, commandId, envelope.actor);
      const lane = this.#hotLanes.laneFor(definition.hotKeys?.(input) ?? [], common);
      const flight = this.#inFlight.open(commandId, payloadHash, envelope.idempotencyKey, caller);
      const command: WaitingCommand = { definition, input, needs, envelope, commandId, payloadHash, flight, resolve: flight.resolve, reject: flight.reject };
      if (!lane.add(command)) flight.reject(overloaded(lane.waitSeconds));
    });
  }

  waiting(): Readonly<Record<string, number>> {
    return Object.fromEntries([
      ...[...this.#lanes].map(([name, { waiting }]) => [name, waiting] as const),
      ...this.#hotLanes.lanes().map(({ lane, waiting }) => [lane, waiting] as const),
    ]);
  }

  hotLanes(): readonly HotLane[] {
    return this.#hotLanes.lanes();
  }

  fullKeys(): readonly string[] {
    return this.#hotLanes.fullKeys();
  }

  isUnderWay(idempotencyKey: string): boolean {
    return this.#inFlight.hasKey(idempotencyKey);
  }

  lane(name: string): LaneState | null {
    return this.#lanes.get(name) ?? null;
  }

  /** Works off what was accepted, then closes the connections. Nothing may be sent meanwhile. */
  async close(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()));
    await this.#hotLanes.close();
    this.#logger.debug("the command bus is closed");
  }
}

function byType(consumers: readonly Consumer[]): ConsumersByType {
  const map = new Map<string, Consumer[]>();
  for (const consumer of consumers) {
    for (const type of consumer.on) map.set(type, [...map.get(type) ?? [], consumer]);
  }
  return map;
}
