import { seededRandom } from "./random.js";

/** One kill that is to come. */
export interface PlannedKill {
  /** From the moment the server was ready. */
  readonly afterMs: number;
  /** What goes: Node alone, or the database servers as well, before or after it. */
  readonly target: "process" | "process, then databases" | "databases, then process";
  /** Between the two. */
  readonly gapMs: number;
}

/** Orders are under way for 5 to 9 seconds: a kill within that time finds every step of theirs. */
const afterMaxMs = 9_000;
const afterMinMs = 500;
const gapMaxMs = 400;

/** How many of the kills take the database servers too. */
export function databaseKillsOf(kills: number): number {
  return Math.min(kills, Math.round((kills * 2) / 5));
}

/** The same for the same seed. */
export function planKills(kills: number, seed: number): readonly PlannedKill[] {
  const random = seededRandom(seed);
  const places = Array.from({ length: kills }, (_, place) => ({ place, chance: random() }));
  const withDatabases = new Set(places.sort((a, b) => a.chance - b.chance).slice(0, databaseKillsOf(kills)).map(({ place }) => place));
  return Array.from({ length: kills }, (_, place) => {
    const afterMs = Math.round(afterMinMs + random() * (afterMaxMs - afterMinMs));
    const order = random() < 0.5 ? "process, then databases" as const : "databases, then process" as const;
    return { afterMs, target: withDatabases.has(place) ? order : "process" as const, gapMs: Math.round(random() * gapMaxMs) };
  });
}
