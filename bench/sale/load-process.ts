import { closedLoad } from "./closed-load.js";
import type { LoadJob, LoadMessage } from "./load-job.js";
import { openLoad } from "./open-load.js";

/** The load in a process of its own, so that it shares no event loop with what it measures. */
function tell(message: LoadMessage): void {
  process.send?.(message);
}

const started = (): void => { tell({ kind: "started" }); };

async function run(job: LoadJob): Promise<void> {
  if (job.kind === "open") tell({ kind: "open", record: await openLoad(job, started) });
  else tell({ kind: "closed", record: await closedLoad(job, started) });
}

process.on("message", (job: LoadJob) => {
  run(job).catch((error: unknown) => { tell({ kind: "failed", why: error instanceof Error ? error.stack ?? error.message : String(error) }); });
});
process.on("disconnect", () => process.exit(0));
