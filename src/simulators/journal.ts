import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Longest wait of a line that may be lost. */
const lazyMs = 20;

/**
 * What a simulator must remember when it is killed: one JSON line a change, appended before the change is
 * answered. No fsync: it outlives its process, not the machine. Without a file it remembers nothing.
 */
export class Journal<Line> {
  readonly #descriptor: number | null;
  /** Lines that may be lost, waiting for company. */
  #lazy = "";
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(descriptor: number | null) {
    this.#descriptor = descriptor;
  }

  /** Reads what is there, oldest first, then goes on writing. A line cut short by a kill was never answered: it is removed. */
  static open<Line>(file: string | undefined, apply: (line: Line) => void): Journal<Line> {
    if (file === undefined) return new Journal<Line>(null);
    mkdirSync(dirname(file), { recursive: true });
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    const end = bytes.lastIndexOf(0x0a) + 1;
    const lines = bytes.toString("utf8", 0, end).split("\n").slice(0, -1);
    lines.forEach((text, index) => {
      try {
        apply(JSON.parse(text) as Line);
      } catch (cause) {
        throw new Error(`${file}, line ${index + 1}, cannot be read; move the file away to begin anew`, { cause });
      }
    });
    const descriptor = openSync(file, "a");
    if (end < bytes.length) ftruncateSync(descriptor, end);
    return new Journal<Line>(descriptor);
  }

  /** Returns when the line is with the operating system. Synchronous: microseconds, and nothing can come between. */
  append(line: Line): void {
    // The number of a closed file may by now be another file's.
    if (this.#closed) throw new Error("the simulator has been stopped");
    this.#write(`${this.#lazy}${JSON.stringify(line)}\n`);
    this.#lazy = "";
  }

  /** For what does no harm when a kill loses it (a webhook is then told twice): written with the next line, or soon. */
  appendLazily(line: Line): void {
    if (this.#closed || this.#descriptor === null) return;
    this.#lazy += `${JSON.stringify(line)}\n`;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, lazyMs).unref();
  }

  close(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#flush();
    this.#closed = true;
    if (this.#descriptor !== null) closeSync(this.#descriptor);
  }

  #flush(): void {
    this.#write(this.#lazy);
    this.#lazy = "";
  }

  #write(text: string): void {
    if (this.#descriptor === null) return;
    let rest = Buffer.from(text);
    while (rest.length > 0) rest = rest.subarray(writeSync(this.#descriptor, rest));
  }
}
