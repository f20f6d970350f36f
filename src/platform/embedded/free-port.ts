import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { EmbeddedError } from "./embedded-error.js";

// Below the range from which systems take the local ports of outgoing connections: a kept port stays free longer.
const lowestPort = 15_000;
const highestPort = 32_000;
const attemptsMax = 200;

/**
 * @param kept the port of the last start; taken again unless somebody else listens there
 * @param avoid ports that are spoken for
 */
export async function freePort(kept: number | undefined, avoid: ReadonlySet<number>): Promise<number> {
  if (kept !== undefined && !avoid.has(kept) && (await isFree(kept))) return kept;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const port = randomInt(lowestPort, highestPort);
    if (!avoid.has(port) && (await isFree(port))) return port;
  }
  throw new EmbeddedError(`No free port was found on 127.0.0.1 between ${String(lowestPort)} and ${String(highestPort)}: stop something that listens there.`);
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => { resolve(false); });
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => { server.close(() => { resolve(true); }); });
  });
}
