import type { Client } from "pg";
import { setTimeout as delay } from "node:timers/promises";
import { Undecided } from "../../kernel/undecided.js";
import type { Logger } from "../log/logger.js";
import type { BusConnection } from "./bus-connection.js";
import { decideCommand, type Decision } from "./decide-batch.js";
import { classify } from "./failure.js";
import { keepBatch, type ConsumersByType } from "./keep-batch.js";
import { loadBatch, type LoadedBatch, type LoadMode } from "./load-batch.js";
import type { PendingCommand } from "./pending-command.js";
import { refuseOnlyWhatIsNew } from "./refuse-only-what-is-new.js";
import { sortOut } from "./sort-out.js";
import { commitInDoubt, notDecided, primaryLost, unavailable } from "./system-failures.js";

/** What a batch is run with. */
export interface BatchRun {
  readonly connection: BusConnection;
  readonly consumers: ConsumersByType;
  readonly logger: Logger;
  /** How long a batch whose connection was lost is tried again before its callers hear that it is in doubt. */
  readonly inDoubtWaitMs: number;
  /** Told of every transaction: its commands and its time. */
  onTransaction?(commands: number, elapsedMs: number): void;
}

const clashRetriesMax = 3;
const answeredRetriesMax = 20;
const reconnectWaitMs = 100;
/** Waits before what is contended is decided again, each twice as long: 62 ms in all. Whoever holds a lock for longer is not choosing. */
const contendedRetriesMax = 5;
const contendedWaitMs = 2;
const firstPass: LoadMode = { readNewStreams: false, skipLocked: false };

/** A command that could not be decided. */
interface Failed {
  readonly command: PendingCommand;
  readonly error: unknown;
}

/** What happened to a batch so far. */
interface Attempts {
  clashes: number;
  answered: number;
  /** When the connection was first lost; null while it never was. */
  lostAtMs: number | null;
  /** Whether the COMMIT of the attempt under way may have gone out. */
  commitSent: boolean;
  /** Whether a connection was lost with such a COMMIT: the old transaction may still go through, and hold its locks until then. */
  inDoubt: boolean;
}

/**
 * Runs a batch to its end: every command is settled when this resolves. Never rejects.
 * @param contentions how often its commands were contended already
 */
export async function runBatch(
  run: BatchRun, commands: readonly PendingCommand[], mode: LoadMode = firstPass, inDoubt = false, contentions = 0,
): Promise<void> {
  const attempts: Attempts = { clashes: 0, answered: 0, lostAtMs: null, commitSent: false, inDoubt };
  let current = mode;
  for (;;) {
    try {
      const contended = await runOnce(run, commands, current, attempts);
      if (contended.length > 0) await decideAgain(run, contended, contentions);
      return;
    } catch (error) {
      const next = await afterFailure(run, commands, current, attempts, error);
      if (!next) return;
      current = next;
    }
  }
}

/** Others held what it takes to tell: a moment later they have let go, or have taken it. */
async function decideAgain(run: BatchRun, contended: readonly Failed[], contentions: number): Promise<void> {
  if (contentions >= contendedRetriesMax) {
    for (const { command, error } of contended) command.reject(failureOf(error));
    return;
  }
  await delay(contendedWaitMs * 2 ** contentions);
  await runBatch(run, contended.map(({ command }) => command), firstPass, false, contentions + 1);
}

/** Decides how a failed batch goes on: the mode of its next attempt, or null where every command was settled. */
async function afterFailure(
  run: BatchRun, commands: readonly PendingCommand[], mode: LoadMode, attempts: Attempts, error: unknown,
): Promise<LoadMode | null> {
  const kind = classify(error);
  if (kind === "lost" && attempts.commitSent) attempts.inDoubt = true;
  const giveUp = (failure: unknown): null => rejectAll(commands, attempts.inDoubt ? commitInDoubt(error) : failure);
  switch (kind) {
    case "lost":
      if (attempts.lostAtMs === null) run.logger.warn({ err: error }, "the primary is lost to a batch, which is tried again");
      return (await waitForPrimary(run, attempts)) ? mode : giveUp(primaryLost(error));
    case "answered":
      attempts.answered += 1;
      return attempts.answered <= answeredRetriesMax ? mode : giveUp(error);
    case "clash":
      attempts.clashes += 1;
      if (attempts.clashes <= clashRetriesMax) return { ...mode, readNewStreams: true };
      return giveUp(unavailable("Too much happened at once on the same data", 1, error));
    case "locked":
      if (!mode.skipLocked) return { ...mode, skipLocked: true };
      return giveUp(unavailable("The primary is too slow at the moment", 2, error));
    case "large":
      if (commands.length > 1) return isolate(run, commands, mode, attempts);
      return giveUp(unavailable("The primary has no room for so many locks at the moment", 2, error));
    case "full":
      run.logger.error({ err: error }, "the primary can take no more");
      return giveUp(unavailable("The primary can take no orders at the moment", 5, error));
    case "poison":
      return commands.length > 1 ? isolate(run, commands, mode, attempts) : giveUp(error);
  }
}

/** Splits until the command that cannot be written stands alone; the others go on. */
async function isolate(run: BatchRun, commands: readonly PendingCommand[], mode: LoadMode, { inDoubt }: Attempts): Promise<null> {
  const middle = Math.ceil(commands.length / 2);
  await runBatch(run, commands.slice(0, middle), mode, inDoubt);
  await runBatch(run, commands.slice(middle), mode, inDoubt);
  return null;
}

function rejectAll(commands: readonly PendingCommand[], error: unknown): null {
  for (const command of commands) command.reject(error);
  return null;
}

/** Waits a moment before the same batch is tried again, unsplit and with the same keys; false when the time is over. */
async function waitForPrimary({ connection, inDoubtWaitMs }: BatchRun, attempts: Attempts): Promise<boolean> {
  connection.discard();
  const nowMs = performance.now();
  attempts.lostAtMs ??= nowMs;
  if (nowMs - attempts.lostAtMs > inDoubtWaitMs) return false;
  await delay(reconnectWaitMs);
  return true;
}

/** One transaction. Settles every command when it was committed, but those that it returns: they are contended. @throws whatever made it fail; it is rolled back then */
async function runOnce(run: BatchRun, commands: readonly PendingCommand[], mode: LoadMode, attempts: Attempts): Promise<readonly Failed[]> {
  const startedMs = performance.now();
  attempts.commitSent = false;
  const client = await run.connection.client();
  try {
    const loaded = await loadBatch(client, commands, mode);
    const { open, settle } = sortOut(commands, loaded, attempts);
    const { decisions, failed } = decideAll(open, loaded);
    if (!mode.readNewStreams) await refuseOnlyWhatIsNew(client, decisions);
    attempts.commitSent = true;
    const position = await keepBatch(client, decisions, loaded.state, run.consumers);
    for (const one of settle) one();
    for (const decision of decisions) answer(decision, position);
    const isContended = ({ error }: Failed): boolean => error instanceof Undecided && error.reason === "CONTENDED";
    for (const one of failed) if (!isContended(one)) one.command.reject(failureOf(one.error));
    run.onTransaction?.(commands.length, performance.now() - startedMs);
    return failed.filter(isContended);
  } catch (error) {
    await rollBack(run, client, error);
    throw error;
  }
}

async function rollBack({ connection }: BatchRun, client: Client, error: unknown): Promise<void> {
  if (classify(error) === "lost") return;
  try {
    await client.query("ROLLBACK");
  } catch {
    connection.discard();
  }
}

function decideAll(open: readonly PendingCommand[], { state }: LoadedBatch): { decisions: Decision[]; failed: Failed[] } {
  const decisions: Decision[] = [];
  const failed: Failed[] = [];
  for (const command of open) {
    try {
      decisions.push(decideCommand(command, state));
    } catch (error) {
      failed.push({ command, error });
    }
  }
  return { decisions, failed };
}

function failureOf(error: unknown): unknown {
  return error instanceof Undecided ? notDecided(error) : error;
}

function answer({ command, answer: given, refusal, events, headPosition }: Decision, position: string | null): void {
  command.resolve({
    commandId: command.commandId, answer: given, refusal,
    position: events.length > 0 || headPosition === null ? position ?? "0" : headPosition,
    replayed: false,
  });
}
