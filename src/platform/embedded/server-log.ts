import { closeSync, openSync } from "node:fs";
import { copyFile, open, stat, truncate } from "node:fs/promises";

const sizeMaxBytes = 16 * 1024 * 1024;
const checkEveryMs = 60_000;
const tailBytes = 16 * 1024;
const tailLines = 12;

/** A server's log: one file, and one older file beside it, each bounded. */
export class ServerLog {
  readonly path: string;
  #beginBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Runs `use` with a descriptor that a child process may inherit. What comes from now on counts for `tail`. */
  async opened<Result>(use: (descriptor: number) => Result): Promise<Result> {
    await this.#bound();
    // Appending, so that cutting the file makes the server go on at its beginning.
    const descriptor = openSync(this.path, "a", 0o600);
    try {
      this.#beginBytes = (await stat(this.path)).size;
      return use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** The last lines since the file was opened. */
  async tail(): Promise<string[]> {
    const file = await open(this.path, "r");
    try {
      const { size } = await file.stat();
      const from = Math.max(size < this.#beginBytes ? 0 : this.#beginBytes, size - tailBytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      return buffer.toString("utf8", 0, bytesRead).split("\n").filter((line) => line.trim() !== "").slice(-tailLines);
    } finally {
      await file.close();
    }
  }

  keepBounded(): void {
    this.#timer ??= setInterval(() => void this.#bound().catch(() => undefined), checkEveryMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #bound(): Promise<void> {
    const size = await stat(this.path).then((found) => found.size, () => 0);
    if (size <= sizeMaxBytes) return;
    await copyFile(this.path, `${this.path}.1`);
    await truncate(this.path);
    this.#beginBytes = 0;
  }
}
