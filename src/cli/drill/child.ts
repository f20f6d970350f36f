import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { settingsSchema } from "../../platform/config/config.js";

/** The program itself, as a person starts it. */
const program = fileURLToPath(new URL("../../../bin/millrace.mjs", import.meta.url));

export interface ChildOptions {
  readonly args: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  /** Gets standard error, and standard output where nobody listens to it. */
  readonly logFile: string;
  readonly onLine?: (line: string) => void;
}

/** Millrace in a process of its own. Settings of the surroundings do not reach it: a drill is the same everywhere. */
export class Child {
  readonly #process: ChildProcess;
  readonly ended: Promise<number | null>;
  #running = true;

  constructor({ args, settings, logFile, onLine }: ChildOptions) {
    const own = new Set(Object.keys(settingsSchema.shape));
    const env = { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.has(name))), ...settings };
    this.#process = spawn(process.execPath, [program, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(logFile, { flags: "a" });
    const { stdout, stderr } = this.#process;
    stderr?.pipe(log);
    if (stdout && onLine) createInterface({ input: stdout }).on("line", onLine);
    else stdout?.pipe(log, { end: false });
    this.ended = once(this.#process, "close").then(([code]) => {
      this.#running = false;
      log.end();
      return typeof code === "number" ? code : null;
    });
  }

  get running(): boolean { return this.#running; }

  /** @returns the exit code; null where a signal ended it */
  async end(signal: "SIGKILL" | "SIGTERM" | "SIGINT"): Promise<number | null> {
    if (this.#running) this.#process.kill(signal);
    return this.ended;
  }
}
