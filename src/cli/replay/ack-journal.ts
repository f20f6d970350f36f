import { open, readFile, type FileHandle } from "node:fs/promises";
import { ReplayError } from "./replay-error.js";

/** One order that the shop has acknowledged. */
export interface Acknowledgement {
  readonly line: number;
  readonly orderId: string;
}

/** What a journal holds, for those who count. */
export interface JournalContent {
  /** Name of the replay that wrote it; null where there is none yet. */
  readonly replay: string | null;
  readonly acknowledgements: readonly Acknowledgement[];
  /** Bytes up to the end of the last whole line. */
  readonly wholeBytes: number;
}

interface Waiting {
  readonly text: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The client's own memory of what it was promised, kept apart from the shop: one JSON line an acknowledgement, on disk
 * before it counts. While one fsync is under way the next lines gather for the following one.
 */
export class AckJournal {
  readonly #file: FileHandle;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /**
   * Goes on with a journal of the same replay, or begins one.
   * @throws ReplayError where it belongs to another replay
   */
  static async open(path: string, replay: string): Promise<{ journal: AckJournal; known: readonly Acknowledgement[] }> {
    const content = await readJournal(path);
    if (content.replay !== null && content.replay !== replay) {
      throw new ReplayError(`${path} is the journal of another replay (${content.replay}, this is ${replay}): name another file.`);
    }
    const file = await open(path, "a");
    // A line that a kill has cut short was never acknowledged to anybody.
    await file.truncate(content.wholeBytes);
    const journal = new AckJournal(file);
    if (content.replay === null) await journal.#append(JSON.stringify({ replay }));
    return { journal, known: content.acknowledgements };
  }

  /** Resolves when the acknowledgement is on disk. */
  async keep({ line, orderId }: Acknowledgement): Promise<void> {
    await this.#append(JSON.stringify({ line, orderId }));
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  #append(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        await this.#file.appendFile(group.map(({ text }) => `${text}\n`).join(""));
        await this.#file.datasync();
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#writing = null;
  }
}

/** What the journal says; empty where there is no file. @throws ReplayError where a line cannot be read */
export async function readJournal(path: string): Promise<JournalContent> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
  const wholeBytes = bytes.lastIndexOf(0x0a) + 1;
  const lines = bytes.toString("utf8", 0, wholeBytes).split("\n").slice(0, -1);
  let replay: string | null = null;
  const acknowledgements: Acknowledgement[] = [];
  for (const [place, text] of lines.entries()) {
    const entry = parseEntry(text);
    if (!entry) throw new ReplayError(`${path}, line ${place + 1}, is no entry of a journal.`);
    if ("replay" in entry) replay = entry.replay;
    else acknowledgements.push(entry);
  }
  return { replay, acknowledgements, wholeBytes };
}

function parseEntry(text: string): Acknowledgement | { readonly replay: string } | null {
  let entry: unknown;
  try {
    entry = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof entry !== "object" || entry === null) return null;
  if ("replay" in entry && typeof entry.replay === "string") return { replay: entry.replay };
  if (!("line" in entry && "orderId" in entry)) return null;
  const { line, orderId } = entry;
  return typeof line === "number" && typeof orderId === "string" ? { line, orderId } : null;
}
