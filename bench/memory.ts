import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { compare, type BenchResult } from "./result.js";
import type { Surroundings } from "./surroundings.js";

const mebibyte = 1_048_576;

/** Resident size after the run: this process (bus, API and projector), and each server with its children. */
export async function benchMemory({ servers }: Surroundings): Promise<BenchResult[]> {
  const results = [compare("memory-process", "MiB", { value: process.memoryUsage.rss() / mebibyte }, null, "bus, API, projector and benchmark in one process, after the run")];
  for (const { name, dataDirectory } of [servers.primary, ...servers.nodes]) {
    const bytes = await proportionalBytes(dataDirectory);
    if (bytes !== null) results.push(compare(`memory-${name}`, "MiB", { value: bytes / mebibyte }, null, "all processes of the server, shared memory counted once"));
  }
  return results;
}

/** Null where the system does not tell (only Linux does). */
async function proportionalBytes(dataDirectory: string): Promise<number | null> {
  try {
    const pid = (await readFile(join(dataDirectory, "postmaster.pid"), "utf8")).split("\n")[0] ?? "";
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ").filter(Boolean);
    const sizes = await Promise.all([pid, ...children].map(async (each) => {
      const rollup = await readFile(`/proc/${each}/smaps_rollup`, "utf8").catch(() => "");
      return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1_024;
    }));
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch {
    return null;
  }
}
