import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../platform/embedded/free-port.js";
import { Child } from "./child.js";
import { countPromises, type PromiseCount } from "./count-promises.js";
import { databasesRun, killDatabases } from "./database-processes.js";
import { planKills, type PlannedKill } from "./kill-plan.js";
import { readJournal } from "../replay/ack-journal.js";
import { ServerChild } from "./server-child.js";

export interface KillDrillOptions {
  readonly file: string;
  /** Lines of the file. */
  readonly baskets: number;
  readonly kills: number;
  readonly seed: number;
  readonly minutes: number;
  /** Keep the directory, also when all is well. */
  readonly keep: boolean;
  /** False where this Millrace has no doctor. */
  readonly doctor: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

/** One kill that was. */
export interface DoneKill extends PlannedKill {
  /** Seconds since the replay began. */
  readonly atSeconds: number;
  /** Acknowledgements in the client's journal at that moment. */
  readonly acknowledged: number;
  readonly databaseProcesses: number;
  /** From the kill until the next start said that it runs. */
  readonly downSeconds: number;
}

export interface KillDrillResult {
  readonly kills: readonly DoneKill[];
  readonly count: PromiseCount;
  /** Of the client; 0 when it found every promise kept. */
  readonly clientExitCode: number | null;
  /** Null where there is no doctor. */
  readonly doctorExitCode: number | null;
  readonly stopExitCode: number | null;
  readonly ok: boolean;
}

/** A kill every so often on average, its restart included: the orders are spread over all of them. */
const secondsPerKill = 9;
const giveUpSeconds = 90;
/** What is left to do when every order has arrived: a clean-up, an alert, the last acknowledgement of a queue. */
const quietSeconds = 60;

/**
 * Replays baskets while the server is killed again and again, then counts the promises that the client had in its own
 * journal against the primary. The directory stays where something was wrong.
 * @throws Error where the drill itself could not be carried out in time
 */
export async function killDrill(options: KillDrillOptions): Promise<KillDrillResult> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-drill-"));
  await chmod(directory, 0o711); // as root the servers run as another user, who must get in
  const end = new AbortController();
  const surroundings: Surroundings = {
    ...options, directory, dataDir: join(directory, "data"), journal: join(directory, "acknowledged.jsonl"), processes: new Set(), ended: end.signal,
  };
  const giveUp = (reason: string) => (): void => { end.abort(new Error(reason)); };
  const overdue = setTimeout(giveUp(`The drill did not end within ${options.minutes} minutes.`), options.minutes * 60_000);
  const onSignal = giveUp("The drill was stopped.");
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, onSignal);
  let ok = false;
  try {
    const result = await Promise.race([drill(surroundings), failWith(end.signal)]);
    ok = result.ok;
    return result;
  } finally {
    end.abort();
    clearTimeout(overdue);
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
    await endAll(surroundings);
    if (ok && !options.keep) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    else options.say(`Everything that is left stands in ${directory}: the journal, the logs, and the servers' data.`);
  }
}

interface Surroundings extends KillDrillOptions {
  readonly directory: string;
  readonly dataDir: string;
  readonly journal: string;
  /** Whatever was started and may still run. */
  readonly processes: Set<Child>;
  /** Nothing is started after it. */
  readonly ended: AbortSignal;
}

function failWith(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => { reject(signal.reason as Error); }, { once: true });
  });
}

async function drill(surroundings: Surroundings): Promise<KillDrillResult> {
  const { file, baskets, kills, seed, say, dataDir, directory } = surroundings;
  const port = await freePort(undefined, new Set());
  const plan = planKills(kills, seed);
  say(`Replaying ${baskets} lines of ${file} while the server is killed ${kills} times; seed ${seed}.`);
  let server = await startServer(surroundings, port);
  const client = begin(surroundings, {
    args: [
      "replay", file, "--url", server.url, "--journal", surroundings.journal, "--limit", String(baskets), "--give-up", String(giveUpSeconds),
      "--rate", String(Math.max(1, Math.round(baskets / Math.max(1, kills * secondsPerKill)))), "--json",
    ],
    settings: { MILLRACE_DATA_DIR: dataDir }, logFile: join(directory, "client.log"),
  });
  const startedMs = performance.now();
  const done: DoneKill[] = [];
  for (const planned of plan) {
    await delay(planned.afterMs, undefined, { signal: surroundings.ended });
    if (!server.child.running) throw new Error("The server ended without being killed.");
    const { acknowledgements } = await readJournal(surroundings.journal);
    const killedAtMs = performance.now();
    const databaseProcesses = await strike(planned, server.child, dataDir);
    server = await startServer(surroundings, port);
    const kill = {
      ...planned, databaseProcesses, acknowledged: acknowledgements.length,
      atSeconds: (killedAtMs - startedMs) / 1_000, downSeconds: (performance.now() - killedAtMs) / 1_000,
    };
    done.push(kill);
    say(`Kill ${done.length} of ${kills}: ${kill.target}, after ${kill.acknowledged} acknowledgements; runs again after ${kill.downSeconds.toFixed(1)} s.`);
  }
  return judge(surroundings, done, client, server);
}

/** @returns how many processes of the database servers were ended */
async function strike({ target, gapMs }: PlannedKill, server: Child, dataDir: string): Promise<number> {
  if (target === "databases, then process") {
    const ended = await killDatabases(dataDir);
    await delay(gapMs);
    await server.end("SIGKILL");
    return ended;
  }
  await server.end("SIGKILL");
  if (target === "process") return 0;
  await delay(gapMs);
  return killDatabases(dataDir);
}

/** The client follows its orders to the end and counts for itself; then the journal is counted apart from it. */
async function judge(surroundings: Surroundings, kills: readonly DoneKill[], client: Child, server: ServerChild): Promise<KillDrillResult> {
  const { say, dataDir, directory, doctor } = surroundings;
  say("Waiting for the client to see its orders through.");
  const clientExitCode = await client.ended;
  const count = await countPromises(surroundings.file, surroundings.journal, dataDir);
  let doctorExitCode: number | null = null;
  if (doctor) {
    const examination = begin(surroundings, { args: ["doctor", "--wait", String(quietSeconds)], settings: { MILLRACE_DATA_DIR: dataDir }, logFile: join(directory, "doctor.log") });
    doctorExitCode = await examination.ended;
  }
  if (!server.child.running) throw new Error("The server ended without being killed.");
  const stopExitCode = await server.child.end("SIGTERM");
  const kept = count.lost.length === 0 && count.doubled.length === 0 && count.chargedTwice.length === 0;
  return { kills, count, clientExitCode, doctorExitCode, stopExitCode, ok: kept && clientExitCode === 0 && (doctorExitCode ?? 0) === 0 && stopExitCode === 0 };
}

function startServer(surroundings: Surroundings, port: number): Promise<ServerChild> {
  const { dataDir, directory, settings = {} } = surroundings;
  return ServerChild.start({ dataDir, port, settings, logFile: join(directory, "server.log"), onStart: (child) => { note(surroundings, child); } });
}

function begin(surroundings: Surroundings, options: ConstructorParameters<typeof Child>[0]): Child {
  const child = new Child(options);
  note(surroundings, child);
  return child;
}

/** A drill that was given up while it waited may begin one thing more: that goes at once. */
function note({ processes, ended }: Surroundings, child: Child): void {
  processes.add(child);
  if (ended.aborted) void child.end("SIGKILL");
}

async function endAll({ processes, dataDir }: Surroundings): Promise<void> {
  await Promise.all([...processes].map((child) => child.end("SIGKILL")));
  if (await databasesRun(dataDir)) await killDatabases(dataDir);
}
