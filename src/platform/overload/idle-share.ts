import { cpus } from "node:os";

/** A shorter window says nothing: the system counts in hundredths of a second. */
const windowMs = 120;

/** How much of the machine's processors nobody used lately, whoever the others are. A container with a limit of its own is not seen: there it tells the host's. */
export class IdleShare {
  #read = readTimes();
  #readMs = performance.now();
  #share = 0;

  /** 0 up to 1, of the last eighth of a second or more. */
  get now(): number {
    const nowMs = performance.now();
    if (nowMs - this.#readMs < windowMs) return this.#share;
    const read = readTimes();
    const passed = read.all - this.#read.all;
    this.#share = passed > 0 ? (read.idle - this.#read.idle) / passed : 0;
    [this.#read, this.#readMs] = [read, nowMs];
    return this.#share;
  }
}

function readTimes(): { readonly idle: number; readonly all: number } {
  const times = cpus().map((each) => each.times);
  return {
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
    all: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
  };
}
