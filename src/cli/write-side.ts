import { Counter, Gauge, Histogram } from "prom-client";
import type { Pool } from "pg";
import { createBusAlerts } from "../commands/operations/bus-alerts.adapter.js";
import type { AlertDesk } from "../platform/alerts/alert-port.js";
import { defaultLanes, PostgresCommandBus } from "../platform/bus/postgres-command-bus.js";
import { RushTeller } from "../platform/overload/rush.js";
import { clientConfig, createPool } from "../platform/postgres/connection.js";
import { consumers } from "./consumers.js";
import { connectionSettings, type Deployment, type Running } from "./deployment.js";

/** A process's way to the primary: the bus for commands, a pool for the rest, alerts. */
export interface WriteSide extends Running {
  readonly bus: PostgresCommandBus;
  readonly pool: Pool;
  readonly alerts: AlertDesk;
}

/** What the write side is made of: commands of the command line have no more. */
export type WriteDeployment = Pick<Deployment, "settings" | "logger" | "registry" | "primaryUrl">;

/** Where orders wait; the others are those of jobs, and of operators. */
function isOfBuyers(lane: string): boolean {
  return lane === "orders" || lane.startsWith("hot-");
}

/** Opens nothing yet: connections are made when they are first needed, and again after they were lost. */
export function createWriteSide(deployment: WriteDeployment, processName: string): WriteSide {
  const { settings, logger, registry, primaryUrl } = deployment;
  const connection = connectionSettings(deployment, primaryUrl, `millrace ${processName}`);
  const registers = [registry];
  const batchSize = new Histogram({ name: "millrace_bus_batch_size", help: "Commands a transaction, by lane.", registers, labelNames: ["lane"], buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000] });
  const batchSeconds = new Histogram({ name: "millrace_bus_transaction_seconds", help: "Time of a transaction, by lane.", registers, labelNames: ["lane"], buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5] });
  const pool = createPool({ ...connection, poolSize: settings.PRIMARY_POOL_SIZE }, (err) => { logger.warn({ err }, "a connection to the primary was lost"); });
  const rush = new RushTeller(pool);
  const bus = new PostgresCommandBus({
    connection: clientConfig(connection), consumers, lanes: defaultLanes,
    laneCapacity: settings.LANE_CAPACITY, waitMaxMs: settings.WAIT_MAX_MS, batchMax: settings.BATCH_MAX, inDoubtWaitMs: settings.IN_DOUBT_WAIT_MS, logger,
    hotLanes: { max: settings.HOT_LANES_MAX, quietMs: settings.HOT_LANE_QUIET_MS },
    onTransaction(lane, commands, elapsedMs) {
      batchSize.observe({ lane }, commands);
      batchSeconds.observe({ lane }, elapsedMs / 1_000);
      if (isOfBuyers(lane)) rush.noted(commands);
    },
  });
  new Gauge({
    name: "millrace_bus_waiting", help: "Commands that wait, by lane; hot-1 and so on are those of products that everybody wants.", registers, labelNames: ["lane"],
    collect() {
      this.reset(); // a hot lane comes and goes
      for (const [lane, waiting] of Object.entries(bus.waiting())) this.set({ lane }, waiting);
    },
  });
  new Gauge({
    name: "millrace_bus_hot_lanes", help: "Products that have a lane of their own.", registers,
    collect() { this.set(bus.hotLanes().length); },
  });
  const counter = new Counter({ name: "millrace_alerts_total", help: "Alerts raised, by kind and severity.", registers, labelNames: ["kind", "severity"] as const });
  return {
    bus, pool,
    alerts: createBusAlerts({ bus, logger, counter }),
    async stop() {
      await bus.close();
      await pool.end();
    },
  };
}
