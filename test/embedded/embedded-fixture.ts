import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { QueryResultRow } from "pg";
import { createLogger } from "../../src/platform/log/logger.js";
import { startEmbedded, type EmbeddedOptions, type EmbeddedServers } from "../../src/platform/embedded/start-embedded.js";
import { withClient } from "../../src/platform/postgres/connection.js";

export const isRoot = process.getuid?.() === 0;

/** What `run-servers.ts` says on its one line. */
export interface Said {
  readonly primary?: { readonly adminUrl: string; readonly dataDirectory: string };
  readonly fresh?: boolean;
  readonly error?: string;
}

/** The directories, servers and processes of one test file; `cleanUp` after each test ends them all. */
export class EmbeddedFixture {
  readonly #directories: string[] = [];
  readonly #started: EmbeddedServers[] = [];
  readonly #children: ChildProcess[] = [];

  /** A fresh directory that the servers' user can enter, also where root runs the tests. */
  directory(mode = 0o711): string {
    const directory = mkdtempSync(join(tmpdir(), "millrace-embedded-"));
    chmodSync(directory, mode);
    this.#directories.push(directory);
    return directory;
  }

  /** Without waiting for the disk unless told otherwise: no test here cuts the power. */
  async start(dataDir: string, options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedServers> {
    const servers = await startEmbedded({ dataDir, nodeCount: 1, logger: createLogger("silent"), settings: { fsync: "off" }, ...options });
    this.#started.push(servers);
    return servers;
  }

  /** Starts the servers from a process of its own. @param account whom it runs as */
  run(dataDir: string, account: { uid?: number; gid?: number } = {}): { child: ChildProcess; said: Promise<Said> } {
    const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--import", path("../support/typescript-imports.ts"), path("run-servers.ts"), dataDir],
      { ...account, cwd: "/", stdio: ["ignore", "pipe", "inherit"] });
    this.#children.push(child);
    const said = once(createInterface({ input: child.stdout }), "line").then(([line]) => JSON.parse(String(line)) as Said);
    said.catch(() => undefined); // a test that kills it early does not wait for the line
    return { child, said };
  }

  keep(child: ChildProcess): ChildProcess {
    this.#children.push(child);
    return child;
  }

  async cleanUp(): Promise<void> {
    await Promise.all(this.#children.splice(0).map(kill));
    await Promise.allSettled(this.#started.splice(0).map((servers) => servers.stop()));
    for (const directory of this.#directories.splice(0)) {
      await endServersIn(directory);
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** A killed child leaves servers behind; starting and stopping is how they go. */
async function endServersIn(directory: string): Promise<void> {
  for (const dataDir of [directory, join(directory, "data")]) {
    if (postmasterPid(join(dataDir, "primary")) === undefined && postmasterPid(join(dataDir, "node1")) === undefined) continue;
    const servers = await startEmbedded({ dataDir, nodeCount: 1, logger: createLogger("silent") }).catch(() => undefined);
    await servers?.stop();
  }
}

/** @returns undefined where no server runs or was killed */
export function postmasterPid(dataDirectory: string): number | undefined {
  try {
    return Number(readFileSync(join(dataDirectory, "postmaster.pid"), "utf8").split("\n")[0]);
  } catch {
    return undefined;
  }
}

export async function query<Row extends QueryResultRow = QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  return withClient({ url }, async (client) => (await client.query<Row>(sql)).rows);
}

const lookEveryMs = 40;

/** Waits for a condition, asking often; a rejection counts as not yet. */
export async function eventually(what: string, condition: () => Promise<boolean> | boolean, timeoutMs = 20_000): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs;
  while (!(await Promise.resolve().then(condition).catch(() => false))) {
    if (Date.now() > giveUpAt) throw new Error(`${what}: not within ${String(timeoutMs)} ms`);
    await delay(lookEveryMs);
  }
}
