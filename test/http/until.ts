/** Looks until it is so, at most five seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Not within 5 s: ${condition.toString()}`);
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}
