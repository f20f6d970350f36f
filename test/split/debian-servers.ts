import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { adminRole, makeDataDirectory } from "../../src/platform/embedded/data-directory.js";
import { freePort } from "../../src/platform/embedded/free-port.js";
import type { PostgresBinaries } from "../../src/platform/embedded/postgres-binaries.js";
import { PostgresServer } from "../../src/platform/embedded/postgres-server.js";
import { accountFor } from "../../src/platform/embedded/server-account.js";
import { urlOf } from "../../src/platform/embedded/server-database.js";
import { ServerPrograms } from "../../src/platform/embedded/server-programs.js";
import { createLogger } from "../../src/platform/log/logger.js";
import { withClient } from "../../src/platform/postgres/connection.js";

/** A server of a shop's own, which a test may stop and start; its URLs stay. */
export interface ShopServer {
  readonly adminUrl: string;
  readonly appUrl: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface ShopServers {
  readonly primary: ShopServer;
  readonly nodes: readonly ShopServer[];
  stop(): Promise<void>;
}

export const debianMajor = "15";

const database = "shop";
const adminPassword = "admin-of-a-test";
/** Nobody makes it by hand: `migrate` does, with the password that stands in the URL. */
const app = { role: "shop_app", password: "app of a test?" } as const;

/** Where they listen, and no waiting for the disk: no test here cuts the power. */
const settings = {
  listen_addresses: "127.0.0.1", unix_socket_directories: "", fsync: "off", synchronous_commit: "off", full_page_writes: "off",
  shared_buffers: "64MB", timezone: "UTC",
};

/** What `ops/postgres` tells an administrator to set: enough, or this fails. */
function adviceFor(name: string): Record<string, string> {
  const text = readFileSync(new URL(`../../ops/postgres/${name === "primary" ? "primary" : "read-node"}.conf`, import.meta.url), "utf8");
  return Object.fromEntries(text.split("\n").filter((line) => /^\w/.test(line)).map((line) => line.split(" = ") as [string, string]));
}

/** PostgreSQL 15 as Debian installs it; null where it is not there. */
export function debianBinaries(): PostgresBinaries | null {
  const bin = [`/usr/lib/postgresql/${debianMajor}/bin`, binOfPath()].find((directory) => directory !== null && existsSync(join(directory, "initdb")));
  return bin ? { postgres: join(bin, "postgres"), pgCtl: join(bin, "pg_ctl"), initdb: join(bin, "initdb") } : null;
}

function binOfPath(): string | null {
  try {
    const said = execFileSync("pg_config", ["--bindir", "--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const [bin, version = ""] = said.split("\n");
    return bin && version.startsWith(`PostgreSQL ${debianMajor}.`) ? bin : null;
  } catch {
    return null; // there is none on the PATH
  }
}

/** A primary and its read nodes, made anew under `directory`. As root they run as the user `postgres`. */
export async function startDebianServers(binaries: PostgresBinaries, directory: string, nodeCount: number): Promise<ShopServers> {
  const account = await accountFor(join(directory, "primary"));
  const programs = new ServerPrograms(binaries, account);
  await mkdir(directory, { mode: 0o711 });
  const servers: PostgresServer[] = [];
  const make = async (name: string): Promise<ShopServer> => {
    const dataDirectory = join(directory, name);
    await makeDataDirectory(dataDirectory, adminPassword, programs, false);
    const server = new PostgresServer({ name, dataDirectory, logFile: `${dataDirectory}.log`, settings: { ...adviceFor(name), ...settings }, programs, logger: createLogger("silent") });
    servers.push(server);
    await server.start(await freePort(undefined, new Set()));
    await withClient({ url: urlOf(server.port, "postgres", adminRole, adminPassword) }, (client) => client.query(`CREATE DATABASE ${database}`));
    return {
      adminUrl: urlOf(server.port, database, adminRole, adminPassword), appUrl: urlOf(server.port, database, app.role, app.password),
      stop: () => server.stop(), start: () => server.start(),
    };
  };
  const stop = async (): Promise<void> => { await Promise.all(servers.map((server) => server.stop())); };
  try {
    const [primary, ...nodes] = await Promise.all(["primary", ...Array.from({ length: nodeCount }, (_, index) => `node${String(index + 1)}`)].map(make));
    return { primary: primary!, nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
