import type { LetterMove } from "../../platform/dead-letters/move-dead-letters.js";

/** Why a letter cannot be redriven, for a person; null where it can. */
export function obstacleOf({ queue, queueExists, jobState, twinWaits }: LetterMove): string | null {
  if (queue === null) return "Nobody knows which queue it came from.";
  if (!queueExists) return `Its queue ${queue} is no longer there.`;
  if (jobState !== null && jobState !== "failed") return `Its job is in ${queue} again, and is ${jobState}.`;
  return twinWaits ? `${queue} keeps one waiting job of a kind, and has it: that one does the same.` : null;
}
