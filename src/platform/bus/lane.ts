import type { ClientConfig } from "pg";
import type { Logger } from "../log/logger.js";
import { Batcher } from "./batcher.js";
import { BusConnection } from "./bus-connection.js";
import type { Flight } from "./in-flight.js";
import type { ConsumersByType } from "./keep-batch.js";
import type { PendingCommand } from "./pending-command.js";
import { runBatch, type BatchRun } from "./run-batch.js";

/** A command in a lane, with those who wait for it. */
export interface WaitingCommand extends PendingCommand {
  readonly flight: Flight;
}

/** What all lanes of a bus share. */
export interface LaneParts {
  readonly connection: ClientConfig;
  readonly consumers: ConsumersByType;
  readonly capacity: number;
  readonly waitMaxMs: number;
  readonly batchMax: number;
  readonly inDoubtWaitMs: number;
  readonly logger: Logger;
  onTransaction?(lane: string, commands: number, elapsedMs: number): void;
}

/** A row weighs 1; a locked stream weighs 4, since the server has room for some 6,000 such locks in all. */
const streamWeight = 4;
const batchWeightMax = 8_000;

function weightOf({ needs: { streams = [], rows = [] } }: PendingCommand): number {
  return streamWeight * streams.length + rows.reduce((sum, { keys }) => sum + keys.length, 0);
}

/** A bounded queue of commands with connections of its own, which are opened when they are first needed. */
export class Lane {
  readonly #connections: readonly BusConnection[];
  readonly #batcher: Batcher<WaitingCommand>;

  constructor(readonly name: string, connections: number, parts: LaneParts) {
    const { logger, consumers, inDoubtWaitMs, batchMax, capacity, waitMaxMs } = parts;
    this.#connections = Array.from({ length: connections }, () => new BusConnection(parts.connection, logger));
    this.#batcher = new Batcher<WaitingCommand>({
      capacity, waitMaxMs, batchMax,
      lanesMax: connections,
      weightMax: batchWeightMax,
      weigh: weightOf,
      isGone: ({ flight }) => flight.isGone,
      run: async (commands, number) => {
        for (const { flight } of commands) flight.begin();
        const connection = this.#connections[number];
        if (!connection) throw new Error(`lane ${name} has no connection ${String(number)}`);
        const run: BatchRun = {
          connection, consumers, logger, inDoubtWaitMs,
          onTransaction: (size, elapsedMs) => { parts.onTransaction?.(name, size, elapsedMs); },
        };
        for (let left = commands; left.length > 0;) {
          const { batch, later } = oneOfEachKey(left);
          await runBatch(run, batch);
          left = later;
        }
      },
    });
  }

  get waiting(): number {
    return this.#batcher.waiting;
  }

  /** From 0 to 1. */
  get fill(): number {
    return this.#batcher.fill;
  }

  /** Whether a command that came now would be refused. */
  get isFull(): boolean {
    return this.#batcher.isFull;
  }

  get waitSeconds(): number {
    return this.#batcher.waitSeconds;
  }

  /** False where the lane is full: nothing was taken. */
  add(command: WaitingCommand): boolean {
    if (!this.#batcher.add(command, isPatient(command))) return false;
    command.flight.waitsIn = this.#batcher;
    return true;
  }

  /** Gives the waiting commands that `belongs` names to another lane: accepted already, so it takes them however full it is. */
  moveTo(other: Lane, belongs: (command: WaitingCommand) => boolean): void {
    const moving = this.#batcher.handOver(belongs);
    for (const { flight } of moving) flight.waitsIn = other.#batcher;
    other.#batcher.takeOver(moving);
  }

  /** Works off what was accepted, then closes the connections. */
  async close(): Promise<void> {
    await this.#batcher.drained();
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }
}

/** Buyers shall hear at once that they would wait for long; jobs and operators would only come again. */
function isPatient({ envelope: { actor: { role } } }: WaitingCommand): boolean {
  return role === "system" || role === "operator";
}

/** The same key with another payload goes later: which of the two is the right one only the stored answer tells, and it may be older than both. */
function oneOfEachKey(commands: readonly WaitingCommand[]): { readonly batch: readonly WaitingCommand[]; readonly later: readonly WaitingCommand[] } {
  const first = new Map<string, WaitingCommand>();
  const later: WaitingCommand[] = [];
  for (const command of commands) {
    if (first.has(command.commandId)) later.push(command);
    else first.set(command.commandId, command);
  }
  return { batch: later.length === 0 ? commands : [...first.values()], later };
}
