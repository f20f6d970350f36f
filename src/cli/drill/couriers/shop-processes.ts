import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../../platform/embedded/free-port.js";
import { startEmbedded } from "../../../platform/embedded/start-embedded.js";
import { createLogger } from "../../../platform/log/logger.js";
import { projectorQueues } from "../../../platform/projector/queues.js";
import { primaryQueues } from "../../consumers.js";
import { migrate } from "../../migrate.js";
import { mintToken } from "../../token.js";
import type { Child } from "../child.js";
import type { DrillGround } from "../drill-ground.js";

const readyTimeoutMs = 60_000;
const lookMs = 50;
const tokenSeconds = 86_400;
/** Nobody listens there: what the processes share must not need it. */
const noRedis = "redis://127.0.0.1:9";

/** A shop in server mode on servers of the drill's own: an API, a projector, and workers that may be killed. */
export class ShopProcesses {
  readonly #workers: Child[] = [];
  readonly #ports = new Set<number>();
  #names = 0;

  private constructor(
    private readonly ground: DrillGround, private readonly settings: Readonly<Record<string, string>>,
    readonly apiUrl: string, readonly token: string, readonly primaryUrl: string, readonly nodeUrl: string,
  ) {}

  /** @param settings what the processes need of the outside; a port that is taken meanwhile ends the start */
  static async start(ground: DrillGround, workers: number, settingsFor: (apiUrl: string) => Readonly<Record<string, string>>): Promise<ShopProcesses> {
    const servers = await startEmbedded({ dataDir: ground.dataDir, nodeCount: 1, logger: createLogger("error") });
    ground.onLeave(() => servers.stop());
    const { primary, nodes } = servers;
    await migrate({ targets: { primary, nodes }, primaryQueues, nodeQueues: projectorQueues, report: () => undefined, readyTimeoutMs });
    const [secret, port] = [randomBytes(24).toString("hex"), await freePort(undefined, new Set())];
    const apiUrl = `http://127.0.0.1:${port}`;
    const urls = (which: "appUrl" | "adminUrl"): string => nodes.map((node) => node[which]).join(",");
    const shop = new ShopProcesses(ground, {
      ...settingsFor(apiUrl), DATABASE_URL: primary.appUrl, DATABASE_ADMIN_URL: primary.adminUrl, READ_DATABASE_URLS: urls("appUrl"),
      READ_DATABASE_ADMIN_URLS: urls("adminUrl"), REDIS_URL: noRedis, JWT_SECRET: secret, LOG_LEVEL: "warn",
    }, apiUrl, await mintToken({ secret, role: "operator", subject: "drill", ttlSeconds: tokenSeconds }), primary.adminUrl, nodes[0]?.adminUrl ?? "");
    shop.#ports.add(port);
    await Promise.all([
      shop.#begin("api", { PORT: String(port) }, port), shop.#begin("projector"),
      ...Array.from({ length: workers }, async () => { shop.#workers.push(await shop.#begin("worker")); }),
    ]);
    return shop;
  }

  /** Kills one worker without a warning, and starts another in its place. */
  async replaceWorker(place: number): Promise<void> {
    await this.#workers[place]?.end("SIGKILL");
    this.#workers[place] = await this.#begin("worker");
  }

  /** `millrace <args>` beside it. @returns its exit code */
  run(name: string, args: readonly string[]): Promise<number | null> {
    return this.ground.begin({ args, settings: this.settings, logFile: join(this.ground.directory, `${name}.log`) }).ended;
  }

  async #begin(kind: "api" | "projector" | "worker", more: Readonly<Record<string, string>> = {}, given?: number): Promise<Child> {
    const port = given ?? await freePort(undefined, this.#ports);
    this.#ports.add(port);
    this.#names += 1;
    const logFile = join(this.ground.directory, `${kind}-${this.#names}.log`);
    const child = this.ground.begin({ args: [kind], settings: { ...this.settings, OPERATIONS_PORT: String(port), ...more }, logFile });
    const giveUpAtMs = performance.now() + readyTimeoutMs;
    while (!await isReady(port)) {
      if (!child.running || performance.now() > giveUpAtMs) throw new Error(`millrace ${kind} did not start: see ${logFile}.`);
      await delay(lookMs, undefined, { signal: this.ground.ended });
    }
    return child;
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}
