import { moveAllLetters, type MovedAll } from "../../commands/operations/dead-letter-all.job.js";
import { discardDeadLetter, redriveDeadLetter, tellNodeLetter } from "../../commands/operations/dead-letter-move.js";
import { obstacleOf } from "../../commands/operations/dead-letter-obstacle.js";
import { newId } from "../../kernel/ids.js";
import { deadLettersInOrder, type DeadLetter } from "../../platform/dead-letters/dead-letter.js";
import { deadLetterIds } from "../../platform/dead-letters/letter-id.js";
import { correlationOf } from "../../platform/dead-letters/look-inside.js";
import { moveLetter, readMove } from "../../platform/dead-letters/move-dead-letters.js";
import type { LetterSelection } from "./dead-letters-command.js";
import { findLetter, type LetterDesk, type LetterServer } from "./letter-desk.js";

/** Puts jobs into their queues again. @returns the exit code */
export async function redriveLetters(desk: LetterDesk, selection: LetterSelection): Promise<number> {
  return moveLetters(desk, selection, null);
}

/** Throws jobs away. @returns the exit code */
export async function discardLetters(desk: LetterDesk, selection: LetterSelection, reason: string): Promise<number> {
  if (reason.trim() === "") {
    desk.print("Say why: whoever looks for the job later will ask.");
    return 1;
  }
  return moveLetters(desk, selection, reason);
}

async function moveLetters(desk: LetterDesk, selection: LetterSelection, discardBecause: string | null): Promise<number> {
  const done = discardBecause === null ? "redriven" : "discarded";
  if (desk.away.includes("primary")) {
    desk.print("Nothing is moved without the primary: what is done with a letter is said there.");
    return 1;
  }
  if ("id" in selection) {
    const found = await findLetter(desk, selection.id);
    if (!found) return 1;
    const why = await moveOne(desk, found.server, found.letter, discardBecause);
    desk.print(why === null ? `${found.letter.queue}: job ${found.letter.jobId} was ${done}.` : `${found.letter.queue}: job ${found.letter.jobId} stays: ${why}`);
    return why === null ? 0 : 1;
  }
  let stays = desk.away.length;
  for (const server of desk.servers) {
    const { moved, left } = await moveAll(desk, server, selection.queue, discardBecause);
    stays += left.length;
    desk.print(`${server.name}: ${String(moved)} ${done}${left.length > 0 ? `, ${String(left.length)} stay` : ""}.`);
    for (const { id, queue, why } of left) desk.print(`  ${deadLetterIds.encode(id)} ${queue}: ${why}`);
  }
  return stays === 0 ? 0 : 1;
}

async function moveOne(desk: LetterDesk, server: LetterServer, letter: DeadLetter, discardBecause: string | null): Promise<string | null> {
  if (server.name !== "primary") return moveOnNode(desk, server, letter, discardBecause);
  const choice = { deadLetterId: letter.id, correlationId: correlationOf(letter) };
  const sender = { actor: desk.actor, idempotencyKey: newId() };
  const { bus } = desk.write();
  const { refusal } = discardBecause === null ? await bus.execute(redriveDeadLetter, choice, sender) : await bus.execute(discardDeadLetter, { ...choice, reason: discardBecause }, sender);
  return refusal?.message ?? null;
}

/** Everything that had died by now on that server's own clock. */
async function moveAll(desk: LetterDesk, server: LetterServer, queue: string | null, discardBecause: string | null): Promise<MovedAll> {
  const { reader } = server;
  const [clock] = await reader.query<{ now: string }>("SELECT clock_timestamp()::text AS now", []);
  const diedBefore = clock?.now ?? "";
  if (server.name === "primary") {
    return moveAllLetters({ bus: desk.write().bus, reader, queue, diedBefore, actor: desk.actor, ...(discardBecause === null ? {} : { discardBecause }) });
  }
  const left: MovedAll["left"][number][] = [];
  let moved = 0;
  let after = null;
  for (;;) {
    const page: readonly DeadLetter[] = await deadLettersInOrder(reader, queue, { limit: nodePageSize, diedBefore, after });
    for (const letter of page) {
      const why = await moveOnNode(desk, server, letter, discardBecause);
      if (why === null) moved += 1;
      else left.push({ id: letter.id, queue: letter.queue, why });
    }
    const last = page.at(-1);
    if (!last || page.length < nodePageSize) return { moved, left };
    after = { at: last.createdAt, id: last.jobId };
  }
}

const nodePageSize = 500;

/** A node has no command bus: what is done is said on the primary first, then done; both may be repeated. */
async function moveOnNode(desk: LetterDesk, { name, reader }: LetterServer, { id, jobId, correlationId }: DeadLetter, discardBecause: string | null): Promise<string | null> {
  const letter = await readMove(reader, id);
  if (!letter) return null;
  const obstacle = discardBecause === null ? obstacleOf(letter) : null;
  if (obstacle !== null) return obstacle;
  const place = { deadLetterId: id, server: name, queue: letter.queue, jobId, correlationId: correlationOf({ jobId, correlationId }) };
  const { refusal } = await desk.write().bus.execute(
    tellNodeLetter, discardBecause === null ? { ...place, type: "Redrive" } : { ...place, type: "Discard", reason: discardBecause }, { actor: desk.actor, idempotencyKey: newId() },
  );
  if (refusal) return refusal.message;
  try {
    await moveLetter(reader, letter, discardBecause === null ? "redrive" : "discard");
    return null;
  } catch (error) {
    return `its queue cannot take it: ${error instanceof Error ? error.message : String(error)}`;
  }
}
