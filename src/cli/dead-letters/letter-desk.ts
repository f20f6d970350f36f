import { userInfo } from "node:os";
import type { Client } from "pg";
import pg from "pg";
import { Registry } from "prom-client";
import type { Actor } from "../../kernel/command.js";
import { isUuid } from "../../kernel/ids.js";
import type { Settings } from "../../platform/config/config.js";
import { readDeadLetter, readerOf, type DeadLetter, type Reader } from "../../platform/dead-letters/dead-letter.js";
import { deadLetterIds } from "../../platform/dead-letters/letter-id.js";
import type { Logger } from "../../platform/log/logger.js";
import { clientConfig } from "../../platform/postgres/connection.js";
import type { DatabaseTargets } from "../database-targets.js";
import { createWriteSide, type WriteSide } from "../write-side.js";

/** A database with dead letters. */
export interface LetterServer {
  readonly name: string;
  readonly client: Client;
  readonly reader: Reader;
}

/** Where an operator at the command line works: every server that answers, and the way to say what is done. */
export interface LetterDesk {
  /** The primary first. */
  readonly servers: readonly LetterServer[];
  /** Servers that do not answer. */
  readonly away: readonly string[];
  readonly actor: Actor;
  print(line: string): void;
  /** The command bus, opened when it is first needed. */
  write(): WriteSide;
  close(): Promise<void>;
}

export interface LetterDeskOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly targets: DatabaseTargets;
  readonly print: (line: string) => void;
}

/** No question about letters may take longer. */
const statementTimeoutMs = 60_000;

/** Opens a connection to every server. Says which do not answer. */
export async function openLetterDesk({ settings, logger, targets: { primary, nodes }, print }: LetterDeskOptions): Promise<LetterDesk> {
  const places = [{ name: "primary", appUrl: primary.appUrl }, ...nodes];
  const opened = await Promise.all(places.map(async ({ name, appUrl }) => ({ name, client: await connect(appUrl) })));
  const away = opened.filter(({ client }) => client instanceof Error).map(({ name }) => name);
  for (const { name, client } of opened) if (client instanceof Error) print(`${name} does not answer: ${client.message}`);
  const servers = opened.flatMap(({ name, client }) => (client instanceof Error ? [] : [{ name, client, reader: readerOf(client) }]));
  let write: WriteSide | null = null;
  return {
    servers, away, print,
    actor: { role: "operator", id: `cli:${userInfo().username}` },
    write: () => write ??= createWriteSide({ settings, logger, registry: new Registry(), primaryUrl: primary.appUrl }, "dead-letters"),
    async close() {
      await Promise.all([write?.stop(), ...servers.map(({ client }) => client.end().catch(() => undefined))]);
    },
  };
}

async function connect(url: string): Promise<Client | Error> {
  const client = new pg.Client(clientConfig({ url, applicationName: "millrace dead-letters", statementTimeoutMs }));
  client.on("error", () => undefined); // the query under way is rejected with it
  try {
    await client.connect();
    return client;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Looks for a letter on every server. Null where there is none, which is said. */
export async function findLetter(desk: LetterDesk, id: string): Promise<{ readonly server: LetterServer; readonly letter: DeadLetter } | null> {
  const raw = isUuid(id) ? id : deadLetterIds.decode(id);
  for (const server of raw === null ? [] : desk.servers) {
    const letter = await readDeadLetter(server.reader, raw ?? "");
    if (letter) return { server, letter };
  }
  desk.print(`There is no dead letter ${id}${desk.away.length > 0 ? ` on the servers that answer; ${desk.away.join(", ")} ${desk.away.length === 1 ? "does" : "do"} not` : ""}.`);
  return null;
}
