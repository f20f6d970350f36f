#!/usr/bin/env node
// Runs the built program; says what to do where it has not been built or Node is too old.
import { existsSync } from "node:fs";
import module from "node:module";

const entry = new URL("../dist/main.js", import.meta.url);
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 22) {
  console.error(`Millrace needs Node 22 or newer, this is ${process.version}. Run it through npm ("npm start", "npx millrace"), which brings its own Node on Linux and Windows.`);
  process.exit(1);
}
if (!existsSync(entry)) {
  console.error('Millrace has not been built yet: run "npm run build" first.');
  process.exit(1);
}
// Compiled code is kept among the system's temporary files: later starts take a fifth less. Older versions of Node 22 lack it.
module.enableCompileCache?.();
await import(entry.href);
