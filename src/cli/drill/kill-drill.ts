import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../platform/embedded/free-port.js";
import type { Child } from "./child.js";
import { countPromises, type PromiseCount } from "./count-promises.js";
import { killDatabases } from "./database-processes.js";
import { onDrillGround, type DrillGround, type GroundOptions } from "./drill-ground.js";
import { planKills, type PlannedKill } from "./kill-plan.js";
import { readJournal } from "../replay/ack-journal.js";
import type { ServerChild } from "./server-child.js";

export interface KillDrillOptions extends GroundOptions {
  readonly file: string;
  /** Lines of the file. */
  readonly baskets: number;
  readonly kills: number;
  readonly seed: number;
  /** False where this Millrace has no doctor. */
  readonly doctor: boolean;
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
export function killDrill(options: KillDrillOptions): Promise<KillDrillResult> {
  return onDrillGround(options, (ground) => drill(options, ground));
}

async function drill(options: KillDrillOptions, ground: DrillGround): Promise<KillDrillResult> {
  const { file, baskets, kills, seed, say } = options;
  const { dataDir, directory } = ground;
  const journal = join(directory, "acknowledged.jsonl");
  const port = await freePort(undefined, new Set());
  const plan = planKills(kills, seed);
  say(`Replaying ${baskets} lines of ${file} while the server is killed ${kills} times; seed ${seed}.`);
  let server = await ground.startServer(port);
  const client = ground.begin({
    args: [
      "replay", file, "--url", server.url, "--journal", journal, "--limit", String(baskets), "--give-up", String(giveUpSeconds),
      "--rate", String(Math.max(1, Math.round(baskets / Math.max(1, kills * secondsPerKill)))), "--json",
    ],
    settings: { MILLRACE_DATA_DIR: dataDir }, logFile: join(directory, "client.log"),
  });
  const startedMs = performance.now();
  const done: DoneKill[] = [];
  for (const planned of plan) {
    await delay(planned.afterMs, undefined, { signal: ground.ended });
    if (!server.child.running) throw new Error("The server ended without being killed.");
    const { acknowledgements } = await readJournal(journal);
    const killedAtMs = performance.now();
    const databaseProcesses = await strike(planned, server.child, dataDir);
    server = await ground.startServer(port);
    const kill = {
      ...planned, databaseProcesses, acknowledged: acknowledgements.length,
      atSeconds: (killedAtMs - startedMs) / 1_000, downSeconds: (performance.now() - killedAtMs) / 1_000,
    };
    done.push(kill);
    say(`Kill ${done.length} of ${kills}: ${kill.target}, after ${kill.acknowledged} acknowledgements; runs again after ${kill.downSeconds.toFixed(1)} s.`);
  }
  return judge(options, ground, { journal, kills: done, client, server });
}

/** Carries a kill out. @returns how many processes of the database servers were ended */
export async function strike({ target, gapMs }: PlannedKill, server: Child, dataDir: string): Promise<number> {
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

interface Aftermath {
  readonly journal: string;
  readonly kills: readonly DoneKill[];
  readonly client: Child;
  readonly server: ServerChild;
}

/** The client follows its orders to the end and counts for itself; then the journal is counted apart from it. */
async function judge({ file, doctor, say }: KillDrillOptions, ground: DrillGround, { journal, kills, client, server }: Aftermath): Promise<KillDrillResult> {
  say("Waiting for the client to see its orders through.");
  const clientExitCode = await client.ended;
  const count = await countPromises(file, journal, ground.dataDir);
  const doctorExitCode = doctor ? await ground.run("doctor", ["doctor", "--wait", String(quietSeconds)]) : null;
  if (!server.child.running) throw new Error("The server ended without being killed.");
  const stopExitCode = await server.child.end("SIGTERM");
  const kept = count.lost.length === 0 && count.doubled.length === 0 && count.chargedTwice.length === 0;
  return { kills, count, clientExitCode, doctorExitCode, stopExitCode, ok: kept && clientExitCode === 0 && (doctorExitCode ?? 0) === 0 && stopExitCode === 0 };
}
