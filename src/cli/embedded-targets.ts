import { resolve } from "node:path";
import { ConfigurationError, type Settings } from "../platform/config/config.js";
import { adminRole } from "../platform/embedded/data-directory.js";
import { EmbeddedError } from "../platform/embedded/embedded-error.js";
import { readKept, type KeptState } from "../platform/embedded/kept-state.js";
import { appRole, urlOf } from "../platform/embedded/server-database.js";
import { databaseTargets, type DatabaseTargets } from "./database-targets.js";

const embeddedDatabase = "millrace";

/** The servers that the settings name, or else the embedded ones that run under MILLRACE_DATA_DIR. @throws EmbeddedError, ConfigurationError */
export async function targetsFor(settings: Settings): Promise<DatabaseTargets> {
  if (settings.DATABASE_URL !== undefined) return databaseTargets(settings);
  const kept = await keptOf(settings);
  const target = (name: string): { adminUrl: string; appUrl: string } => {
    const server = kept.servers[name];
    if (!server) throw new ConfigurationError([`MILLRACE_DATA_DIR: there is no server ${name} in ${settings.MILLRACE_DATA_DIR}`]);
    return {
      adminUrl: urlOf(server.port, embeddedDatabase, adminRole, kept.adminPassword),
      appUrl: urlOf(server.port, embeddedDatabase, appRole, kept.appPassword),
    };
  };
  const nodes = Object.keys(kept.servers).filter((name) => name !== "primary").sort();
  return { primary: target("primary"), nodes: nodes.map((name) => ({ name, ...target(name) })) };
}

/** The secret that the embedded API checks tokens with. */
export async function keptJwtSecret(settings: Settings): Promise<string> {
  return (await keptOf(settings)).secrets.jwtSecret;
}

async function keptOf({ MILLRACE_DATA_DIR }: Settings): Promise<KeptState> {
  const kept = await readKept(resolve(MILLRACE_DATA_DIR));
  if (!kept) throw new EmbeddedError(`There is nothing in ${MILLRACE_DATA_DIR} yet: run \`npm start\` first, or set DATABASE_URL.`);
  return kept;
}
