// `npm run test:races`: runs test/races again and again, MILLRACE_RACES times (20), and stops at the first failure. A race that is won once proves little.
// What is behind `--` goes to jest, e.g. a file: npm run test:races -- killed
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const rounds = Number(process.env["MILLRACE_RACES"] ?? 20);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error("MILLRACE_RACES: how often the races are run, 1 or more.");
  process.exit(2);
}
const only = process.argv.slice(2).map((name) => (name.startsWith("-") || name.includes("/") ? name : `test/races/.*${name}`));
const paths = only.some((name) => !name.startsWith("-")) ? [] : ["test/races/"];
const directory = mkdtempSync(join(tmpdir(), "millrace-races-"));
const results = join(directory, "results.json");

/** @returns seconds, and how the tests came out */
function run() {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [
    "--experimental-vm-modules", "--disable-warning=ExperimentalWarning", join(root, "node_modules/jest/bin/jest.js"),
    ...paths, ...only, "--json", `--outputFile=${results}`,
  ], { cwd: root, stdio: ["ignore", "ignore", "pipe"], encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) console.error(stderr);
  let passed = 0, skipped = 0;
  try {
    ({ numPassedTests: passed, numPendingTests: skipped } = JSON.parse(readFileSync(results, "utf8")));
  } catch {
    // no test was run: the status tells
  }
  return { ok: status === 0, passed, skipped, seconds: (performance.now() - begin) / 1_000 };
}

let done = 0, seconds = 0, failed = false;
try {
  while (done < rounds && !failed) {
    const round = run();
    done += 1;
    seconds += round.seconds;
    failed = !round.ok;
    const skipped = round.skipped > 0 ? `, ${round.skipped} skipped` : "";
    console.log(`round ${done} of ${rounds}: ${failed ? "FAILED" : `${round.passed} passed${skipped}`} in ${round.seconds.toFixed(1)} s`);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
console.log(failed ? `races: round ${done} of ${rounds} failed` : `races: ${rounds} rounds, none failed, ${(seconds / rounds).toFixed(1)} s each`);
process.exit(failed ? 1 : 0);
