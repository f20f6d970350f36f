import { execFile, spawn, type ChildProcess } from "node:child_process";
import type { PostgresBinaries } from "./postgres-binaries.js";
import type { ServerAccount } from "./server-account.js";

/** How a program ended, and what it said on both outputs. */
export interface ProgramResult {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

/** PostgreSQL's programs, run as the user the servers belong to. */
export class ServerPrograms {
  readonly binaries: PostgresBinaries;
  readonly account: ServerAccount | undefined;

  constructor(binaries: PostgresBinaries, account: ServerAccount | undefined) {
    this.binaries = binaries;
    this.account = account;
  }

  async run(program: "initdb" | "pgCtl", args: readonly string[], directory: string): Promise<ProgramResult> {
    return new Promise((resolve) => {
      execFile(this.binaries[program], args, { ...this.#surroundings(directory), encoding: "utf8" }, (error, stdout, stderr) => {
        const lines = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "");
        // A program that could not be started says nothing itself.
        resolve({ ok: error === null, lines: error && lines.length === 0 ? [error.message] : lines });
      });
    });
  }

  /** @param log descriptor that gets both outputs */
  startServer(args: readonly string[], directory: string, log: number): ChildProcess {
    // A session of its own: Ctrl-C in the terminal reaches Millrace only, which drains and then stops the
    // servers. It does not keep Node alive: whoever forgets to stop it gets it stopped at the next start.
    const child = spawn(this.binaries.postgres, args, { ...this.#surroundings(directory), detached: true, windowsHide: true, stdio: ["ignore", log, log] });
    child.unref();
    return child;
  }

  /** Few variables: PG* would change what the programs do, and our secrets are not for a server's environment. */
  #surroundings(directory: string): { cwd: string; uid?: number; gid?: number; env: NodeJS.ProcessEnv } {
    const { PATH, SystemRoot, TMPDIR } = process.env;
    const env = { LC_ALL: "C", TZ: "UTC", ...(PATH && { PATH }), ...(SystemRoot && { SystemRoot }), ...(TMPDIR && { TMPDIR }) };
    return { cwd: directory, env, ...this.account };
  }
}
