import { performance, type EventLoopUtilization } from "node:perf_hooks";

/** A shorter window says nothing: both clocks tick in milliseconds. */
const windowMs = 100;

/**
 * How much of the time in which this process had work the processors really gave it. Well below 1 where others on the
 * machine want them as well: it costs them what this process takes.
 */
export class CpuShare {
  #loop: EventLoopUtilization = performance.eventLoopUtilization();
  #cpu = process.cpuUsage();
  #readMs = performance.now();
  #share = 1;

  /** 0 up to 1, of the last tenth of a second or more; 1 where there was next to nothing to do. */
  get now(): number {
    const nowMs = performance.now();
    if (nowMs - this.#readMs < windowMs) return this.#share;
    const loop = performance.eventLoopUtilization();
    const cpu = process.cpuUsage();
    const busyMs = loop.active - this.#loop.active;
    const usedMs = (cpu.user + cpu.system - this.#cpu.user - this.#cpu.system) / 1_000;
    this.#share = busyMs < windowMs / 10 ? 1 : Math.min(1, usedMs / busyMs);
    [this.#loop, this.#cpu, this.#readMs] = [loop, cpu, nowMs];
    return this.#share;
  }
}
