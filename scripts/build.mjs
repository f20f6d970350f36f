// Builds src/ into dist/. Without the compiler (an install with --omit=dev) an existing build is kept.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = `${root}node_modules/typescript/bin/tsc`;
if (!existsSync(compiler)) {
  if (existsSync(`${root}dist/main.js`)) process.exit(0);
  console.error('The TypeScript compiler is missing: run "npm ci" without --omit=dev once to build.');
  process.exit(1);
}
const { status } = spawnSync(process.execPath, [compiler, "-p", `${root}tsconfig.build.json`], { stdio: "inherit" });
process.exit(status ?? 1);
