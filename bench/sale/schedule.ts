/** A stretch of the load with an even rate. */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
  /** Clicks on the hot product a second, repeated ones included. */
  readonly clicksPerSecond: number;
}

export interface Plan {
  readonly phases: readonly Phase[];
  /** Orders of other products a second, in all phases. */
  readonly othersPerSecond: number;
}

/** When each click is due, in order, fixed before the load begins: what the server does cannot move it. */
export interface Schedule {
  /** Milliseconds since the load's start. */
  readonly dueMs: Float64Array;
  readonly wish: Uint32Array;
  /** 1: the hot product. */
  readonly hot: Uint8Array;
}

/** Of five clicks four are wishes of their own; every fourth wish is clicked once more. */
const wishShare = 0.8;
const repeatedEvery = 4;
const repeatAfterMs = { least: 10, most: 120 };

/** The same plan gives the same schedule in every process. */
export function scheduleOf({ phases, othersPerSecond }: Plan): Schedule {
  const clicks: { readonly dueMs: number; readonly wish: number; readonly hot: number }[] = [];
  let [startMs, wish] = [0, 0];
  for (const { seconds, clicksPerSecond } of phases) {
    const wishes = Math.round(seconds * clicksPerSecond * wishShare);
    for (let index = 0; index < wishes; index += 1, wish += 1) {
      const dueMs = startMs + (index * seconds * 1_000) / wishes;
      clicks.push({ dueMs, wish, hot: 1 });
      if (wish % repeatedEvery === 0) clicks.push({ dueMs: dueMs + repeatDelay(wish), wish, hot: 1 });
    }
    const others = Math.round(seconds * othersPerSecond);
    for (let index = 0; index < others; index += 1, wish += 1) clicks.push({ dueMs: startMs + ((index + 0.5) * seconds * 1_000) / others, wish, hot: 0 });
    startMs += seconds * 1_000;
  }
  clicks.sort((a, b) => a.dueMs - b.dueMs);
  return {
    dueMs: Float64Array.from(clicks, ({ dueMs }) => dueMs),
    wish: Uint32Array.from(clicks, (click) => click.wish),
    hot: Uint8Array.from(clicks, ({ hot }) => hot),
  };
}

/** Differs from wish to wish, and is the same in every run. */
function repeatDelay(wish: number): number {
  const { least, most } = repeatAfterMs;
  return least + ((wish / repeatedEvery) * 37) % (most - least);
}
