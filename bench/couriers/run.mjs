// Compiles the benchmarks together with the program they measure, then plays the couriers' seasons.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const build = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}tsconfig.bench.json`], { stdio: "inherit" });
if (build.status !== 0) process.exit(build.status ?? 1);
await import(`${root}dist-bench/bench/couriers/${process.argv.includes("--tune") ? "tune" : "main"}.js`);
