import { setTimeout as delay } from "node:timers/promises";
import { Child } from "./child.js";

const readyTimeoutMs = 90_000;
/** The line of the greeting that comes when everything runs. */
const greeting = /^\s*GraphQL\s+(\S+)\/graphql\b/;

export interface ServerOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly logFile: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Told of the process at once, so that it can be ended whatever happens. */
  readonly onStart: (child: Child) => void;
}

/** `millrace start` in a process of its own. */
export class ServerChild {
  private constructor(readonly child: Child, readonly url: string) {}

  /** Resolves when it says that it runs. @throws Error where it ends before, or takes too long */
  static async start({ dataDir, port, logFile, onStart, settings = {} }: ServerOptions): Promise<ServerChild> {
    let hear: (url: string) => void = () => undefined;
    const heard = new Promise<string>((resolve) => { hear = resolve; });
    const child = new Child({
      args: ["start"], logFile, settings: { LOG_LEVEL: "warn", ...settings, MILLRACE_DATA_DIR: dataDir, PORT: String(port) },
      onLine(line) {
        const url = greeting.exec(line)?.[1];
        if (url !== undefined) hear(url);
      },
    });
    onStart(child);
    const patience = new AbortController();
    const url = await Promise.race([
      heard,
      child.ended.then(() => null),
      delay(readyTimeoutMs, null, { signal: patience.signal }).catch(() => null),
    ]);
    patience.abort();
    if (url !== null) return new ServerChild(child, url);
    await child.end("SIGKILL");
    throw new Error(`Millrace did not start: see ${logFile}.`);
  }
}
