import { createRequire } from "node:module";
import type { TestServers } from "./test-servers.js";

declare global {
  var millraceTestServers: TestServers | undefined;
}

/**
 * Starts the servers that all tests share and puts their addresses into the environment, which jest's
 * workers inherit. Jest loads this file by plain `require`, outside its own module system: hence the hook, and
 * the imports after it.
 */
export default async function setUp(): Promise<void> {
  createRequire(import.meta.url)("./typescript-imports.ts");
  const { startTestServers } = await import("./test-servers.js");
  const servers = await startTestServers();
  globalThis.millraceTestServers = servers;
  Object.assign(process.env, servers.environment);
  for (const line of servers.remarks) process.stderr.write(`${line}\n`);
}
