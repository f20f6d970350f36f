import { noCourierQuirks, type CourierQuirks } from "../../../simulators/couriers/courier-quirks.js";
import { seededRandom } from "../random.js";

/** What goes wrong with a courier for a while. */
export const troubles = {
  "is down": { down: true },
  "hangs": { hang: true },
  "refuses connections": { refuse: true },
  "resets connections": { resetRate: 1 },
  "answers garbage": { garbageRate: 1 },
  "books, and answers late": { lateAnswerRate: 1, lateAnswerMs: 3_000 },
  "books, and never answers": { timeoutAfterRate: 0.7 },
  "books, and answers 500": { failAfterRate: 0.7 },
  "sends no webhooks": { silent: true },
  "sends webhooks twice, late and out of order": { duplicateRate: 1, lateRate: 0.4, outOfOrderRate: 0.5 },
} as const satisfies Readonly<Record<string, Partial<CourierQuirks>>>;

export type Trouble = keyof typeof troubles;

export type Blow =
  | { readonly atMs: number; readonly kind: "courier"; readonly courier: string; readonly trouble: Trouble; readonly forMs: number }
  | { readonly atMs: number; readonly kind: "all down"; readonly forMs: number }
  | { readonly atMs: number; readonly kind: "worker"; readonly worker: number };

/** On average; each courier has its own. */
const courierEveryMs = 9_000;
const workerEveryMs = 12_000;
const troubleMs = [1_500, 6_000] as const;
const allDownMs = 3_000;
/** Of the last one, which ends with the time. */
const shortestMs = 500;

/** Everything that will go wrong within that time, in order; the same for the same seed. All couriers are down once at the same time. */
export function planTrouble({ couriers, workers, forMs, seed }: { readonly couriers: readonly string[]; readonly workers: number; readonly forMs: number; readonly seed: number }): readonly Blow[] {
  const random = seededRandom(seed);
  const between = (min: number, max: number): number => min + (max - min) * random();
  const kinds = Object.keys(troubles) as Trouble[];
  const blows: Blow[] = [{ atMs: between(0.4, 0.6) * forMs, kind: "all down", forMs: Math.min(allDownMs, forMs / 4) }];
  for (const courier of couriers) {
    let turn = Math.floor(random() * kinds.length);
    for (let atMs = between(0, courierEveryMs / 2); atMs < forMs - shortestMs;) {
      const trouble = kinds[turn % kinds.length];
      const lastsMs = Math.min(between(...troubleMs), forMs - atMs);
      if (trouble !== undefined) blows.push({ atMs, kind: "courier", courier, trouble, forMs: lastsMs });
      // Each kind in turn, so that a short drill has many.
      turn += 1 + Math.floor(random() * 2);
      atMs += lastsMs + between(0.3, 1.7) * (courierEveryMs - (troubleMs[0] + troubleMs[1]) / 2);
    }
  }
  for (let atMs = between(0.3, 1) * Math.min(workerEveryMs, forMs); workers > 0 && atMs < forMs; atMs += between(0.5, 1.5) * workerEveryMs) {
    blows.push({ atMs, kind: "worker", worker: Math.floor(random() * workers) });
  }
  return blows.sort((one, other) => one.atMs - other.atMs);
}

/** What undoes a trouble: each quirk as the courier usually has it. */
export function undoing(change: Partial<CourierQuirks>, usual: Partial<CourierQuirks>): Partial<CourierQuirks> {
  const calm: CourierQuirks = { ...noCourierQuirks, ...usual };
  return Object.fromEntries(Object.keys(change).map((name) => [name, calm[name as keyof CourierQuirks]]));
}
