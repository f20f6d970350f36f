import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../log/logger.js";
import { EmbeddedError, serverFailure } from "./embedded-error.js";
import { stopPostmaster } from "./leftover-postmaster.js";
import { readPostmasterPid } from "./postmaster-pid.js";
import { ServerLog } from "./server-log.js";
import type { ServerPrograms } from "./server-programs.js";
import type { ServerSettings } from "./server-settings.js";

const readyPollMs = 10;
/** Recovery after a crash reads at most `max_wal_size` of WAL. */
const readyTimeoutMs = 180_000;
/** How long the children of a killed server may take to let go of its shared memory. */
const letGoTimeoutMs = 30_000;
/** A server that is killed again and again is not started for ever. */
const revivalsMax = 3;
const revivalsPerMs = 60_000;

export interface PostgresServerOptions {
  readonly name: string;
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly settings: ServerSettings;
  readonly programs: ServerPrograms;
  readonly logger: Logger;
}

/** The port was free when looked at and is taken now. */
export class PortTaken extends Error {
  override readonly name = "PortTaken";
}

/** One server process: started, watched, stopped. */
export class PostgresServer {
  readonly options: PostgresServerOptions;
  readonly #log: ServerLog;
  #port = 0;
  #child: ChildProcess | undefined;
  #wanted = false;
  #turn: Promise<void> = Promise.resolve();
  #revivals: number[] = [];

  constructor(options: PostgresServerOptions) {
    this.options = options;
    this.#log = new ServerLog(options.logFile);
  }

  get port(): number {
    return this.#port;
  }

  /** Resolves when the server takes connections. Does nothing while it runs. @throws PortTaken */
  start(port = this.#port): Promise<void> {
    this.#wanted = true;
    return this.#next(async () => {
      if (this.#child || !this.#wanted) return;
      this.#port = port;
      try {
        await this.#startOnce();
      } catch (error) {
        this.#wanted = false;
        throw error;
      }
    });
  }

  /** Resolves when the process has ended. Does nothing where none runs. */
  stop(): Promise<void> {
    this.#wanted = false;
    return this.#next(async () => {
      const child = this.#child;
      if (child) {
        // Nobody stays awake for a server that runs; for one that is to end somebody has to.
        child.ref();
        const ended = exitOf(child);
        await stopPostmaster(this.options.dataDirectory, this.options.programs);
        await ended;
      }
      this.#log.close();
    });
  }

  /** Starts, stops and revivals take turns. */
  #next(step: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(step);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #startOnce(): Promise<void> {
    const giveUpAt = Date.now() + letGoTimeoutMs;
    for (;;) {
      const child = await this.#spawn();
      if (await this.#becameReady(child)) {
        this.#watch(child);
        return;
      }
      const tail = await this.#log.tail();
      const text = tail.join("\n");
      if (/could not bind IPv4|could not create any TCP\/IP sockets/.test(text)) throw new PortTaken(text);
      const heldByDying = /pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(text);
      if (!heldByDying || !this.#wanted || Date.now() > giveUpAt) {
        throw serverFailure(`PostgreSQL (${this.options.name}) did not start`, this.options.dataDirectory, this.#log.path, tail);
      }
      await delay(readyPollMs * 10);
    }
  }

  async #spawn(): Promise<ChildProcess> {
    const { dataDirectory, settings, programs } = this.options;
    const switches = Object.entries({ ...settings, port: String(this.#port) }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const child = await this.#log.opened((log) => programs.startServer(["-D", dataDirectory, ...switches], dataDirectory, log));
    child.once("error", (error) => { this.options.logger.error({ err: error }, "the database program cannot be run"); });
    if (child.pid === undefined) throw new EmbeddedError(`PostgreSQL's program ${programs.binaries.postgres} cannot be run: check that it is there and that everybody may execute it.`);
    return child;
  }

  /** @returns false when the process ended first */
  async #becameReady(child: ChildProcess): Promise<boolean> {
    const { dataDirectory, logger, name } = this.options;
    const begin = Date.now();
    let saidAt = begin;
    while (isAlive(child)) {
      const found = await readPostmasterPid(dataDirectory);
      if (found?.ready && found.pid === child.pid) return true;
      if (Date.now() - begin > readyTimeoutMs) {
        child.kill("SIGQUIT"); // an immediate stop
        throw new EmbeddedError(`PostgreSQL (${name}) was not ready within ${String(readyTimeoutMs / 1000)} s: ${this.#log.path} says what it is doing; start again to wait longer.`, { logTail: await this.#log.tail() });
      }
      if (Date.now() - saidAt > 5_000) {
        saidAt = Date.now();
        logger.info({ server: name }, "still waiting for the database, which recovers from a crash");
      }
      await delay(readyPollMs);
    }
    return false;
  }

  #watch(child: ChildProcess): void {
    this.#child = child;
    this.#log.keepBounded();
    void exitOf(child).then(() => {
      this.#child = undefined;
      if (this.#wanted) void this.#revive().catch((error: unknown) => { this.options.logger.error({ err: error, server: this.options.name }, "the database server stays down"); });
    });
  }

  /** A server that ended without being told to (killed, out of memory) is started again on its port. */
  async #revive(): Promise<void> {
    const now = Date.now();
    this.#revivals = [...this.#revivals.filter((at) => now - at < revivalsPerMs), now];
    if (this.#revivals.length > revivalsMax) {
      this.#wanted = false;
      throw new EmbeddedError(`PostgreSQL (${this.options.name}) ended ${String(this.#revivals.length)} times within a minute: ${this.#log.path} says why; start Millrace again after that.`, { logTail: await this.#log.tail() });
    }
    this.options.logger.warn({ server: this.options.name }, "the database server ended unexpectedly and is started again");
    await this.start();
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function exitOf(child: ChildProcess): Promise<void> {
  return isAlive(child) ? new Promise((resolve) => { child.once("exit", () => { resolve(); }); }) : Promise.resolve();
}
