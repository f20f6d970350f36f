import { afterAll, describe, expect, it } from "@jest/globals";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectDirectory, StartFixture } from "./millrace-process.js";

const run = promisify(execFile);
const program = join(projectDirectory, "bin", "millrace.mjs");

describe("millrace demo sale", () => {
  const fixture = new StartFixture();
  afterAll(() => fixture.cleanUp());

  it("plays a sale to its end: all units sold, none twice, and everybody heard", async () => {
    const dataDir = join(fixture.directory(), "data");
    const { url } = await fixture.start(dataDir).ready();
    const { stdout } = await run(process.execPath, [program, "demo", "sale", "--url", url, "--buyers", "40", "--units", "6", "--rate", "40", "--seconds", "60", "--seed", "1"], {
      env: { ...process.env, MILLRACE_DATA_DIR: dataDir },
    });
    expect(stdout).toContain("6 ordered, ");
    expect(stdout).toContain("Oversold: 0.");
    const last = stdout.split("\n").filter((line) => line.includes("arrived")).at(-1) ?? "";
    expect(last).toMatch(/arrived 40, waiting 0, .* stock left 0 held 0 sold 6$/);
    const doctor = await run(process.execPath, [program, "doctor", "--wait", "60"], { env: { ...process.env, MILLRACE_DATA_DIR: dataDir } });
    expect(doctor.stdout.split("\n").filter((line) => !line.startsWith("ok "))).toEqual([expect.stringMatching(/^doctor: \d+ checks, all well$/), ""]);
  });

  it("says in one line that no shop is there", async () => {
    const failed = await run(process.execPath, [program, "demo", "sale", "--url", "http://127.0.0.1:9", "--token", "x.y.z", "--buyers", "1"], { env: { ...process.env, MILLRACE_DATA_DIR: fixture.directory() }, timeout: 60_000 })
      .catch((error: unknown) => error as { code: number; stderr: string });
    expect(failed).toMatchObject({ code: 1 });
  });
});
