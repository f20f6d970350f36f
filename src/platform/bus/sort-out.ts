import type { Json } from "../../kernel/json.js";
import type { RefusalAnswer } from "../../kernel/refusal.js";
import type { CommandOutcome } from "./command-bus.js";
import type { BatchState } from "./decide-batch.js";
import { rowsNeededBy } from "./gather-needs.js";
import type { LoadedBatch } from "./load-batch.js";
import type { PendingCommand } from "./pending-command.js";
import { commitInDoubt, heldTooLong, keyReused } from "./system-failures.js";

/** Parts the commands that were answered before, or cannot be decided now, from those that are open. */
export function sortOut(
  commands: readonly PendingCommand[], { answers, busy, state }: LoadedBatch, { inDoubt }: { readonly inDoubt: boolean },
): { open: PendingCommand[]; settle: (() => void)[] } {
  const open: PendingCommand[] = [];
  const settle: (() => void)[] = [];
  for (const command of commands) {
    const stored = answers.get(command.commandId);
    if (stored && stored.payloadHash !== command.payloadHash) settle.push(() => { command.reject(keyReused()); });
    else if (stored) settle.push(() => { command.resolve(replayOf(command, stored.answer, stored.position)); });
    else if (isBusy(command, busy, state)) settle.push(() => { command.reject(inDoubt ? commitInDoubt() : heldTooLong()); });
    else open.push(command);
  }
  return { open, settle };
}

function isBusy(command: PendingCommand, busy: LoadedBatch["busy"], { streams: loaded }: BatchState): boolean {
  if (busy.size === 0) return false;
  const streams = busy.get("streams");
  return [...command.needs.streams ?? [], ...command.needs.newStreams ?? []].some(({ type, id }) => streams?.has(type.streamId(id)))
    || rowsNeededBy(command, loaded).some(({ state, keys }) => keys.some((key) => busy.get(state.table)?.has(key)));
}

function replayOf(command: PendingCommand, stored: Json, position: string): CommandOutcome<Json> {
  const { answer, refusal } = stored as unknown as { answer: Json; refusal: RefusalAnswer | null };
  return { commandId: command.commandId, answer, refusal, position, replayed: true };
}
