import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "./child.js";
import { databasesRun, killDatabases } from "./database-processes.js";
import { ServerChild } from "./server-child.js";

export interface GroundOptions {
  /** Bound of the whole drill. */
  readonly minutes: number;
  /** Keep the directory, also when all is well. */
  readonly keep: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

/** Where a drill is carried out: a directory of its own, and all processes that were started there. */
export class DrillGround {
  readonly dataDir: string;
  readonly #processes = new Set<Child>();
  readonly #goodbyes: (() => Promise<void>)[] = [];

  constructor(readonly directory: string, private readonly settings: Readonly<Record<string, string>>, readonly ended: AbortSignal) {
    this.dataDir = join(directory, "data");
  }

  startServer(port: number): Promise<ServerChild> {
    const { dataDir, directory, settings } = this;
    return ServerChild.start({ dataDir, port, settings, logFile: join(directory, "server.log"), onStart: (child) => { this.#note(child); } });
  }

  /** The program with other arguments, e.g. `doctor`. */
  begin(options: ConstructorParameters<typeof Child>[0]): Child {
    const child = new Child(options);
    this.#note(child);
    return child;
  }

  /** `millrace <args>` on the drill's own servers. @param onLine hears what it prints; else that stands in the log. @returns its exit code */
  run(name: string, args: readonly string[], onLine?: (line: string) => void): Promise<number | null> {
    const settings = { ...this.settings, MILLRACE_DATA_DIR: this.dataDir };
    return this.begin({ args, settings, logFile: join(this.directory, `${name}.log`), ...(onLine ? { onLine } : {}) }).ended;
  }

  /** What this very process runs for the drill is stopped when it is over, after all children; the last first. */
  onLeave(stop: () => Promise<void>): void {
    this.#goodbyes.unshift(stop);
  }

  async leave(): Promise<void> {
    await Promise.all([...this.#processes].map((child) => child.end("SIGKILL")));
    for (const stop of this.#goodbyes) await stop();
    if (await databasesRun(this.dataDir)) await killDatabases(this.dataDir);
  }

  /** A drill that was given up while it waited may begin one thing more: that goes at once. */
  #note(child: Child): void {
    this.#processes.add(child);
    if (this.ended.aborted) void child.end("SIGKILL");
  }
}

/**
 * Carries a drill out within its time, and leaves nothing behind but what is needed to see what was wrong.
 * @throws Error where the drill itself could not be carried out in time
 */
export async function onDrillGround<Result extends { readonly ok: boolean }>(
  { minutes, keep, settings = {}, say }: GroundOptions, drill: (ground: DrillGround) => Promise<Result>,
): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-drill-"));
  await chmod(directory, 0o711); // as root the servers run as another user, who must get in
  const end = new AbortController();
  const ground = new DrillGround(directory, settings, end.signal);
  const giveUp = (reason: string) => (): void => { end.abort(new Error(reason)); };
  const overdue = setTimeout(giveUp(`The drill did not end within ${minutes} minutes.`), minutes * 60_000);
  const onSignal = giveUp("The drill was stopped.");
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, onSignal);
  let ok = false;
  try {
    const result = await Promise.race([drill(ground), failWith(end.signal)]);
    ok = result.ok;
    return result;
  } finally {
    end.abort();
    clearTimeout(overdue);
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
    await ground.leave();
    if (ok && !keep) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    else say(`Everything that is left stands in ${directory}: the journal, the logs, and the servers' data.`);
  }
}

function failWith(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => { reject(signal.reason as Error); }, { once: true });
  });
}
