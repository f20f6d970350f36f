import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLogger } from "../../src/platform/log/logger.js";
import { isRunning } from "../../src/platform/embedded/process-identity.js";
import { startEmbedded } from "../../src/platform/embedded/start-embedded.js";
import { eventually, kill, postmasterPid } from "../embedded/embedded-fixture.js";

export const projectDirectory = fileURLToPath(new URL("../..", import.meta.url));
const program = join(projectDirectory, "bin", "millrace.mjs");

/** What a started Millrace says of itself. */
export interface Greeting {
  readonly url: string;
  readonly customerToken: string;
  readonly operatorToken: string;
  /** Pages of the payment provider and the couriers that run along. */
  readonly simulators: readonly string[];
}

/** How a process ended, and all it said. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  /** Default 0: any that is free. */
  readonly port?: number;
  readonly account?: { readonly uid: number; readonly gid: number };
  readonly environment?: Readonly<Record<string, string>>;
  /** Default `node bin/millrace.mjs start`. */
  readonly command?: readonly [string, ...string[]];
}

/** Whoever waits longer looks at a broken program: a start takes seconds. */
const greetingTimeoutMs = 60_000;

/** `millrace start` as a process of its own, as a person starts it. */
export class MillraceProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
  readonly #dataDir: string;
  #stdout = "";
  #stderr = "";

  constructor(dataDir: string, { port = 0, account, environment, command = [process.execPath, program, "start"] }: StartOptions = {}) {
    this.#dataDir = dataDir;
    const [file, ...args] = command;
    // The run's own databases and settings are not for it.
    const { PATH, HOME, TMPDIR } = process.env;
    this.child = spawn(file, args, {
      ...account, cwd: projectDirectory, stdio: ["ignore", "pipe", "pipe"],
      env: { ...(PATH && { PATH }), ...(HOME && { HOME }), ...(TMPDIR && { TMPDIR }), MILLRACE_DATA_DIR: dataDir, PORT: String(port), ...environment },
    });
    this.child.stdout?.on("data", (data: Buffer) => { this.#stdout += data.toString(); });
    this.child.stderr?.on("data", (data: Buffer) => { this.#stderr += data.toString(); });
    this.ended = once(this.child, "close").then(([code]) => ({ code: code as number | null, stdout: this.#stdout, stderr: this.#stderr }));
  }

  /** Resolves when it has greeted. @throws Error with all it said, where it ended instead */
  async ready(): Promise<Greeting> {
    const greeted = eventually("millrace start greets", () => this.#stdout.includes("Operator token") && this.#stdout.endsWith("\n\n"), greetingTimeoutMs);
    await Promise.race([greeted, this.ended.then(({ stdout, stderr }) => { throw new Error(`millrace start ended: ${stdout}${stderr}`); })]);
    const said = (pattern: RegExp): string => pattern.exec(this.#stdout)?.[1] ?? "";
    return {
      url: said(/GraphQL +(http\S+)\/graphql/), customerToken: said(/Customer token +(\S+)/), operatorToken: said(/Operator token +(\S+)/),
      simulators: [/Simulators.* payments (http\S+)/, /Simulators.* couriers (http\S+)/].map(said),
    };
  }

  /** Ids of its two database servers, while they run. */
  postmasters(): number[] {
    return ["primary", "node1"].flatMap((name) => postmasterPid(join(this.#dataDir, name)) ?? []).filter((pid) => isRunning({ pid, startedAt: "" }));
  }

  async stop(): Promise<Ending> {
    this.child.kill("SIGTERM");
    return this.ended;
  }
}

/** The directories and processes of one test file; `cleanUp` ends them all. */
export class StartFixture {
  readonly #directories: string[] = [];
  readonly #processes: MillraceProcess[] = [];

  /** A fresh directory that the servers' user can enter, also where root runs the tests. */
  directory(mode = 0o711): string {
    const directory = mkdtempSync(join(tmpdir(), "millrace-start-"));
    chmodSync(directory, mode);
    this.#directories.push(directory);
    return directory;
  }

  start(dataDir: string, options?: StartOptions): MillraceProcess {
    const started = new MillraceProcess(dataDir, options);
    this.#processes.push(started);
    return started;
  }

  async cleanUp(): Promise<void> {
    const processes = this.#processes.splice(0);
    await Promise.all(processes.map(({ child }) => kill(child)));
    for (const directory of this.#directories.splice(0)) {
      const dataDir = join(directory, "data");
      // A killed process leaves servers behind; starting and stopping is how they go.
      if (postmasterPid(join(dataDir, "primary")) !== undefined) {
        const servers = await startEmbedded({ dataDir, nodeCount: 1, logger: createLogger("silent") }).catch(() => undefined);
        await servers?.stop();
      }
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

export interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** Asks the API as somebody with a token. */
export async function ask<Data>(url: string, token: string, query: string, variables: object = {}): Promise<Answer<Data>> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST", headers: { "content-type": "application/json", authorization: `Bearer ${token}` }, body: JSON.stringify({ query, variables }),
  });
  return await response.json() as Answer<Data>;
}
