import { countDeadLetters, countedMax, listDeadLetters } from "../../platform/dead-letters/dead-letter.js";
import { deadLetterIds } from "../../platform/dead-letters/letter-id.js";
import { maskText } from "../../platform/dead-letters/mask.js";
import type { LetterDesk } from "./letter-desk.js";

const errorShown = 100;

/** Prints a line a letter, then how many there are. @returns the exit code */
export async function listLetters(desk: LetterDesk, { queue, limit, json }: { readonly queue: string | null; readonly limit: number; readonly json: boolean }): Promise<number> {
  const { servers, away } = desk;
  for (const { name, reader } of servers) {
    for (const { id, error, ...letter } of await listDeadLetters(reader, queue, { limit })) {
      const told = { id: deadLetterIds.encode(id), server: name, ...letter, error: error === null ? null : maskText(error) };
      const { data: _, ...shown } = told;
      desk.print(json ? JSON.stringify(shown) : `${told.id}  ${told.diedAt.slice(0, 19)}Z  ${name}  ${told.queue}  ${told.correlationId ?? told.jobId}  ${(told.error ?? "").slice(0, errorShown).replaceAll(/\s+/g, " ")}`);
    }
  }
  if (!json) for (const { name, reader } of servers) desk.print(`${name}: ${inWords(await countDeadLetters(reader))}`);
  return away.length === 0 ? 0 : 1;
}

function inWords(counts: ReadonlyMap<string, number>): string {
  const some = [...counts].filter(([, letters]) => letters > 0);
  return some.length === 0 ? "no dead letters" : some.map(([queue, letters]) => `${queue} ${letters >= countedMax ? `${String(countedMax)} or more` : String(letters)}`).join(", ");
}
