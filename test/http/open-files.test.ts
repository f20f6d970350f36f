import { describe, expect, it } from "@jest/globals";
import { openFilesMax, socketsWithin } from "../../src/platform/http/open-files.js";

describe("open files", () => {
  it("are asked of the system", () => { expect(openFilesMax()).toBeGreaterThan(50); });

  it("bound how many sockets are taken, and the operator is told what to allow", () => {
    const told: string[] = [];
    expect(socketsWithin(10_000, 1_024, (line) => { told.push(line); })).toBe(524);
    expect(told).toEqual([expect.stringMatching(/may open 1024 files.*takes 524 WebSockets.*10000 of LIVE_SOCKETS_MAX.*Allow it 10500 files.*ulimit -n/)]);
    expect(socketsWithin(10_000, 100, () => undefined)).toBe(1);
  });

  it("are no bound where there are enough, or nobody knows", () => {
    const silent = (): never => { throw new Error("nothing is wrong"); };
    expect([socketsWithin(10_000, 10_500, silent), socketsWithin(10_000, Infinity, silent)]).toEqual([10_000, 10_000]);
  });
});
