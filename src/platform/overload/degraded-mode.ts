import type { Level } from "./pressure-level.js";

/** What an operator wants; `AUTO` leaves it to the measurements. */
export interface DegradedModeWish {
  readonly mode: "AUTO" | "ON" | "OFF";
  readonly reason: string;
}

/** What the process sees around it. */
export interface Surroundings {
  readonly level: Level | 3;
  /** Whether any read node answers. */
  readonly readable: boolean;
}

/** By itself it begins at this level, and ends when all was well for so long: otherwise it would come and go. */
const beginsAtLevel = 2;
const calmMs = 10_000;

/** Whether products come from the cache and what is not needed is off. Pure; time comes from outside. */
export class DegradedMode {
  #wish: DegradedModeWish = { mode: "AUTO", reason: "" };
  #byItself = false;
  #calmSinceMs: number | null = null;
  #sinceMs: number | null = null;

  get wish(): DegradedModeWish {
    return this.#wish;
  }

  get isOn(): boolean {
    return this.#wish.mode === "ON" || (this.#wish.mode === "AUTO" && this.#byItself);
  }

  /** When it began; null while it is off. */
  get sinceMs(): number | null {
    return this.#sinceMs;
  }

  obey(wish: DegradedModeWish, nowMs: number): void {
    this.#wish = wish;
    this.#note(nowMs);
  }

  next({ level, readable }: Surroundings, nowMs: number): void {
    if (level >= beginsAtLevel || !readable) {
      this.#byItself = true;
      this.#calmSinceMs = null;
    } else if (this.#byItself && level === 0) {
      this.#calmSinceMs ??= nowMs;
      if (nowMs - this.#calmSinceMs >= calmMs) this.#byItself = false;
    } else this.#calmSinceMs = null;
    this.#note(nowMs);
  }

  #note(nowMs: number): void {
    if (!this.isOn) this.#sinceMs = null;
    else this.#sinceMs ??= nowMs;
  }
}
