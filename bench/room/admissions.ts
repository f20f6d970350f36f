import { setTimeout as delay } from "node:timers/promises";
import { admitTickets } from "../../src/commands/inventory/admit-tickets.js";
import { newId } from "../../src/kernel/ids.js";
import type { CommandBus } from "../../src/platform/bus/command-bus.js";
import { percentile } from "../load.js";
import { cpuSeconds, type Watched } from "../sale/process-figures.js";

/** At the room's rate of 100 tickets a second one or two are due then. */
const betweenMs = 15;

export interface AdmissionFigures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the primary, for each admission. */
  readonly cpuMs: number;
}

/** Lets tickets in, one admission after the other. @param refill is called after each, so that somebody always waits */
export async function timeAdmissions(
  bus: CommandBus, room: { readonly saleId: string; readonly sku: string }, admissions: number, primary: Watched, refill: (admitted: number) => Promise<void>,
): Promise<AdmissionFigures> {
  const latencies: number[] = [];
  const before = (await cpuSeconds([primary])).get(primary.name) ?? 0;
  for (let done = 0; done < admissions; done += 1) {
    await delay(betweenMs);
    const begunMs = performance.now();
    const { answer } = await bus.execute(admitTickets, room, { actor: { role: "system", id: "bench" }, idempotencyKey: newId() });
    latencies.push(performance.now() - begunMs);
    if (!answer || answer.admitted === 0) throw new Error("nobody was let in");
    await refill(answer.admitted);
  }
  const cpuMs = (((await cpuSeconds([primary])).get(primary.name) ?? 0) - before) * 1_000;
  latencies.sort((a, b) => a - b);
  return { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99), cpuMs: cpuMs / admissions };
}
