/** A mean over seeds with the half width of its 95 % confidence interval. */
export interface Interval {
  readonly mean: number;
  readonly halfWidth: number;
}

/** Student's t for 95 %, two sides, by degrees of freedom; the last for all beyond. */
const student = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086];

export function intervalOf(values: readonly number[]): Interval {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, halfWidth: Infinity };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const t = student[Math.min(student.length, values.length - 1) - 1]!;
  return { mean, halfWidth: t * Math.sqrt(variance / values.length) };
}
