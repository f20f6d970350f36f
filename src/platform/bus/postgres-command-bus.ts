import type { ClientConfig } from "pg";
import type { CommandDefinition } from "../../kernel/command.js";
import type { Consumer } from "../../kernel/consumer.js";
import type { Json } from "../../kernel/json.js";
import { SystemError } from "../errors.js";
import type { Logger } from "../log/logger.js";
import { Batcher } from "./batcher.js";
import { BusConnection } from "./bus-connection.js";
import type { CommandBus, CommandEnvelope, CommandOutcome } from "./command-bus.js";
import type { ConsumersByType } from "./keep-batch.js";
import { commandIdOf, payloadHashOf, type PendingCommand } from "./pending-command.js";
import { runBatch, type BatchRun } from "./run-batch.js";

/** A lane: its name, and how many batches of it may be under way at once. */
export interface LaneOptions {
  readonly name: string;
  readonly connections: number;
}

export interface CommandBusOptions {
  readonly connection: ClientConfig;
  readonly consumers: readonly Consumer[];
  readonly lanes: readonly LaneOptions[];
  /** Commands that may wait in each lane. */
  readonly laneCapacity: number;
  readonly batchMax: number;
  readonly inDoubtWaitMs: number;
  readonly logger: Logger;
  onTransaction?(lane: string, commands: number, elapsedMs: number): void;
}

export const defaultLanes: readonly LaneOptions[] = [{ name: "orders", connections: 2 }, { name: "commands", connections: 2 }];
const defaultLane = "commands";

/** A row weighs 1; a locked stream weighs 4, since the server has room for some 6,000 such locks in all. */
const streamWeight = 4;
const batchWeightMax = 8_000;

function weightOf({ needs: { streams = [], rows = [] } }: PendingCommand): number {
  return streamWeight * streams.length + rows.reduce((sum, { keys }) => sum + keys.length, 0);
}

/** The command bus on a PostgreSQL primary: bounded lanes, batches without timers, one transaction a batch. */
export class PostgresCommandBus implements CommandBus {
  readonly #lanes = new Map<string, { batcher: Batcher<PendingCommand>; connections: readonly BusConnection[] }>();
  readonly #logger: Logger;

  constructor(options: CommandBusOptions) {
    this.#logger = options.logger;
    const consumers = byType(options.consumers);
    for (const { name, connections: count } of options.lanes) {
      const connections = Array.from({ length: count }, () => new BusConnection(options.connection, options.logger));
      const batcher = new Batcher<PendingCommand>({
        capacity: options.laneCapacity,
        batchMax: options.batchMax,
        lanesMax: count,
        weightMax: batchWeightMax,
        weigh: weightOf,
        run: async (commands, lane) => {
          const connection = connections[lane];
          if (!connection) throw new Error(`lane ${name} has no connection ${String(lane)}`);
          const run: BatchRun = {
            connection, consumers, logger: options.logger, inDoubtWaitMs: options.inDoubtWaitMs,
            onTransaction: (size, elapsedMs) => { options.onTransaction?.(name, size, elapsedMs); },
          };
          for (let left = commands; left.length > 0;) {
            const { batch, later } = mergeRepetitions(left);
            await runBatch(run, batch);
            left = later;
          }
        },
      });
      this.#lanes.set(name, { batcher, connections });
    }
  }

  execute<Input, Answer extends Json>(
    definition: CommandDefinition<Input, Answer>, input: Input, envelope: CommandEnvelope,
  ): Promise<CommandOutcome<Answer>> {
    const lane = this.#lanes.get(definition.lane ?? defaultLane);
    if (!lane) return Promise.reject(new Error(`${definition.name} asks for the unknown lane ${String(definition.lane)}`));
    return new Promise((resolve, reject) => {
      const commandId = commandIdOf(definition.name, envelope);
      const command: PendingCommand = {
        definition,
        input, envelope, commandId,
        needs: definition.needs(input, commandId, envelope.actor),
        payloadHash: payloadHashOf(input),
        resolve: resolve as PendingCommand["resolve"],
        reject,
      };
      if (lane.batcher.add(command)) return;
      reject(new SystemError("OVERLOADED", "Too many requests wait already. Nothing was begun; repeat with the same key.", {
        retryAfterSeconds: lane.batcher.waitSeconds,
      }));
    });
  }

  /** Commands that wait, by lane. */
  waiting(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#lanes].map(([name, { batcher }]) => [name, batcher.waiting]));
  }

  /** Works off what was accepted, then closes the connections. Nothing may be sent meanwhile. */
  async close(): Promise<void> {
    for (const { batcher, connections } of this.#lanes.values()) {
      await batcher.drained();
      await Promise.all(connections.map((connection) => connection.close()));
    }
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

/**
 * Repetitions inside a batch wait for the first one's answer. The same key with another payload goes later: which of
 * the two is the right one only the stored answer tells, and it may be older than both.
 */
function mergeRepetitions(commands: readonly PendingCommand[]): { readonly batch: readonly PendingCommand[]; readonly later: readonly PendingCommand[] } {
  const first = new Map<string, PendingCommand>();
  const repetitions = new Map<string, PendingCommand[]>();
  const later: PendingCommand[] = [];
  for (const command of commands) {
    const earlier = first.get(command.commandId);
    if (!earlier) first.set(command.commandId, command);
    else if (earlier.payloadHash !== command.payloadHash) later.push(command);
    else repetitions.set(command.commandId, [...repetitions.get(command.commandId) ?? [], command]);
  }
  if (repetitions.size === 0) return { batch: [...first.values()], later };
  return { batch: [...first.values()].map((command) => withRepetitions(command, repetitions.get(command.commandId) ?? [])), later };
}

function withRepetitions(command: PendingCommand, repetitions: readonly PendingCommand[]): PendingCommand {
  if (repetitions.length === 0) return command;
  return {
    ...command,
    resolve(outcome) {
      command.resolve(outcome);
      for (const repetition of repetitions) repetition.resolve({ ...outcome, replayed: true });
    },
    reject(error) {
      command.reject(error);
      for (const repetition of repetitions) repetition.reject(error);
    },
  };
}
