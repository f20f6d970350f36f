import type { Actor } from "../../kernel/command.js";
import { newId } from "../../kernel/ids.js";
import type { CommandBus } from "../../platform/bus/command-bus.js";
import { deadLettersInOrder, type DeadLetter, type LetterCursor, type Reader } from "../../platform/dead-letters/dead-letter.js";
import { correlationOf } from "../../platform/dead-letters/look-inside.js";
import { discardDeadLetter, redriveDeadLetter } from "./dead-letter-move.js";

/** What to do with all letters of a queue on the primary. */
export interface MoveAll {
  readonly bus: CommandBus;
  readonly reader: Reader;
  /** All queues where null. */
  readonly queue: string | null;
  /** Letters of later deaths are left alone: a job that is redriven and dies again must not go round for ever. RFC 3339. */
  readonly diedBefore: string;
  /** Why they are discarded; absent where they are redriven. */
  readonly discardBecause?: string;
  readonly actor: Actor;
  readonly causationId?: string;
  readonly signal?: AbortSignal;
}

export interface MovedAll {
  readonly moved: number;
  /** Letters that stay, each with its reason; the first thousand. */
  readonly left: readonly { readonly id: string; readonly queue: string; readonly why: string }[];
}

const pageSize = 2_000;
/** Letters that are moved at once. */
const stepMax = 200;
const leftMax = 1_000;
/** Between jobs of one order: more than a worker's poll, so that the one before has most likely been taken alone. */
const spacingSeconds = 3;
/** No job waits for longer than this for those of its order that were created before it. */
const spacingMaxSeconds = 600;

/**
 * Moves all letters of a queue, oldest job first. Jobs of one order never go in the same step, so that they are inserted in
 * their order, and each is due some seconds after the one before. Stopped or killed it has moved some, and may be run again.
 */
export async function moveAllLetters(options: MoveAll): Promise<MovedAll> {
  const { reader, queue, diedBefore, signal } = options;
  const before = new Map<string, number>();
  const left: MovedAll["left"][number][] = [];
  let moved = 0;
  let after: LetterCursor | null = null;
  for (;;) {
    const page: readonly DeadLetter[] = await deadLettersInOrder(reader, queue, { limit: pageSize, diedBefore, after });
    for (const step of stepsOf(page)) {
      signal?.throwIfAborted();
      const refusals = await Promise.all(step.map((letter) => move(options, letter, before)));
      for (const [place, why] of refusals.entries()) {
        const letter = step[place];
        if (why === null) moved += 1;
        else if (letter && left.length < leftMax) left.push({ id: letter.id, queue: letter.queue, why });
      }
    }
    const last = page.at(-1);
    if (!last || page.length < pageSize) return { moved, left };
    after = { at: last.createdAt, id: last.jobId };
  }
}

/** Returns why it stays, or null. */
async function move({ bus, actor, causationId, discardBecause }: MoveAll, letter: DeadLetter, before: Map<string, number>): Promise<string | null> {
  const choice = { deadLetterId: letter.id, correlationId: correlationOf(letter) };
  const sender = { actor, idempotencyKey: newId(), ...(causationId === undefined ? {} : { causationId }) };
  if (discardBecause !== undefined) return refusalOf(await bus.execute(discardDeadLetter, { ...choice, reason: discardBecause }, sender));
  const ahead = before.get(choice.correlationId) ?? 0;
  before.set(choice.correlationId, ahead + 1);
  return refusalOf(await bus.execute(redriveDeadLetter, { ...choice, afterSeconds: Math.min(ahead * spacingSeconds, spacingMaxSeconds) }, sender));
}

function refusalOf({ refusal }: { readonly refusal: { readonly message: string } | null }): string | null {
  return refusal?.message ?? null;
}

function stepsOf(letters: readonly DeadLetter[]): readonly (readonly DeadLetter[])[] {
  const steps: DeadLetter[][] = [];
  let orders = new Set<string>();
  for (const letter of letters) {
    const order = correlationOf(letter);
    const step = steps.at(-1);
    if (step && step.length < stepMax && !orders.has(order)) step.push(letter);
    else {
      steps.push([letter]);
      orders = new Set();
    }
    orders.add(order);
  }
  return steps;
}
