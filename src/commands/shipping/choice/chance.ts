/** A number from 0 up to but not including 1. */
export type Random = () => number;

/** A Beta distribution: what we believe of a probability. */
export interface Beta {
  readonly hits: number;
  readonly misses: number;
}

export function meanOf({ hits, misses }: Beta): number {
  return hits / (hits + misses);
}

/** The same seed gives the same numbers, so that a decision can be made again (mulberry32, public domain). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One draw, by two of Gamma. */
export function drawBeta(beta: Beta, random: Random): number {
  const hits = drawGamma(beta.hits, random);
  const sum = hits + drawGamma(beta.misses, random);
  return sum > 0 ? hits / sum : meanOf(beta);
}

/** Marsaglia and Tsang, "A simple method for generating gamma variables" (2000), scale 1; shapes below 1 by their section 6. */
function drawGamma(shape: number, random: Random): number {
  if (shape < 1) return drawGamma(shape + 1, random) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    const chance = random();
    // The squeeze: true for nearly all draws, and spares the logarithms.
    if (chance < 1 - 0.0331 * x * x * x * x) return d * v;
    if (Math.log(1 - chance) < x * x / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Box and Muller; the second number is left, for a draw must not depend on the one before it. */
function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
