import { parseArgs } from "node:util";

/** Parameters are chosen on seeds from here on; the bench reports on others. */
export const tuningSeed = 1_001;

/** @returns the seeds to play, one season each */
export function seedsFrom(first: number, usual: number): readonly number[] {
  const { values } = parseArgs({ options: { seeds: { type: "string", default: String(usual) }, tune: { type: "boolean", default: false } } });
  const count = Number(values.seeds);
  if (!Number.isInteger(count) || count < 1 || count >= tuningSeed - 1) throw new Error("--seeds is the number of seasons, at least 1");
  return Array.from({ length: count }, (_, index) => first + index);
}
