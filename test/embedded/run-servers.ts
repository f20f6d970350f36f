// A process of its own for the tests that kill it: starts the servers of a directory, says so, and stays.
import { createLogger } from "../../src/platform/log/logger.js";
import { startEmbedded } from "../../src/platform/embedded/start-embedded.js";

const [dataDir = ""] = process.argv.slice(2);
try {
  const { primary, nodes, fresh } = await startEmbedded({ dataDir, nodeCount: 1, logger: createLogger("silent") });
  process.stdout.write(`${JSON.stringify({ primary, nodes, fresh })}\n`);
  setInterval(() => undefined, 60_000);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`);
  process.exitCode = 1;
}
