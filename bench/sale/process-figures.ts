import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** A process whose CPU time and memory are told; a database server together with its children. */
export interface Watched {
  readonly name: string;
  readonly pid: number;
  readonly withChildren: boolean;
}

const ticksPerSecond = 100;
const mebibyteInKilobytes = 1_024;

export async function postmasterPid(dataDirectory: string): Promise<number> {
  return Number((await readFile(join(dataDirectory, "postmaster.pid"), "utf8")).split("\n")[0]);
}

/** CPU seconds used so far, by name. Linux only: elsewhere nothing is told. */
export async function cpuSeconds(watched: readonly Watched[]): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const { name, pid, withChildren } of watched) {
    const own = await ticksOf(pid, withChildren);
    if (own === null) continue;
    const children = withChildren ? await Promise.all((await childrenOf(pid)).map((child) => ticksOf(child, false))) : [];
    found.set(name, (own + children.reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0)) / ticksPerSecond);
  }
  return found;
}

/** MiB resident, by name; of a server's processes shared memory is counted once. */
export async function memoryMebibytes(watched: readonly Watched[]): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const { name, pid, withChildren } of watched) {
    const pids = withChildren ? [pid, ...await childrenOf(pid)] : [pid];
    const sizes = await Promise.all(pids.map((each) => kilobytesOf(each, withChildren)));
    const sum = sizes.reduce<number>((total, size) => total + (size ?? 0), 0);
    if (sum > 0) found.set(name, sum / mebibyteInKilobytes);
  }
  return found;
}

/** User and system time in clock ticks; `withEnded` adds children that have ended and were waited for. */
async function ticksOf(pid: number, withEnded: boolean): Promise<number | null> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, "utf8").catch(() => null);
  if (stat === null) return null;
  // After the name, which may hold anything, comes the state; user time is the twelfth word from there.
  const words = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  return words.slice(11, withEnded ? 15 : 13).reduce((sum, ticks) => sum + ticks, 0);
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8").catch(() => "");
  return text.trim().split(" ").filter(Boolean).map(Number);
}

async function kilobytesOf(pid: number, proportional: boolean): Promise<number | null> {
  const text = await readFile(`/proc/${String(pid)}/${proportional ? "smaps_rollup" : "status"}`, "utf8").catch(() => "");
  const size = (proportional ? /^Pss:\s+(\d+) kB/m : /^VmRSS:\s+(\d+) kB/m).exec(text)?.[1];
  return size === undefined ? null : Number(size);
}
