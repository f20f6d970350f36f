import { Counter, Gauge } from "prom-client";
import { reportInvariant } from "../commands/operations/report-invariant.js";
import { paymentIdOf } from "../commands/payments/record-payment.js";
import { newId } from "../kernel/ids.js";
import type { AlertPort } from "../platform/alerts/alert-port.js";
import { endTurn, takeTurn } from "../platform/invariants/walk-cursor.js";
import { startPeriodic } from "../platform/jobs/periodic.js";
import { openReadNode, type OpenReadNode } from "../platform/projector/open-read-node.js";
import { firstLeg, walkStep, type Verdict } from "../queries/operations/invariant-walk.js";
import type { Deployment, Running } from "./deployment.js";
import type { WriteSide } from "./write-side.js";

/** Rows a step: some milliseconds of a node, and nothing of the primary where all is well. */
const pageRows = 200;
/** What changed later is left for the next walk. */
const graceSeconds = 120;

export interface InvariantOptions {
  readonly graceMs?: number;
  readonly pageRows?: number;
}

/** Walks every node's tables in small steps, for ever, and tells what does not fit. Any number of processes may: each step is one's. */
export async function startInvariants(deployment: Deployment, write: Pick<WriteSide, "bus" | "pool"> & { readonly alerts: AlertPort }, options: InvariantOptions = {}): Promise<Running> {
  const { settings, logger, nodes } = deployment;
  const everyMs = settings.INVARIANT_EVERY_MS;
  const opened = await Promise.all(nodes.map(({ name, appUrl }) => openReadNode({ name, appUrl, logger, poolSize: 1 })));
  const tell = teller(deployment, write);
  const walks = opened.map((node) => startPeriodic({
    name: `invariants.${node.name}`, everyMs, logger,
    round: () => walkOnce({ node, write, everyMs, tell, ...options }).then(() => false),
  }));
  return {
    async stop() {
      await Promise.all(walks.map((walk) => walk.stop()));
      await Promise.all(opened.map((node) => node.close()));
    },
  };
}

export interface WalkOnce extends InvariantOptions {
  readonly node: OpenReadNode;
  readonly write: Pick<WriteSide, "pool">;
  readonly everyMs: number;
  readonly tell: Teller;
}

/** Takes the next step, if it is due and nobody else is at it. @returns whether it did */
export async function walkOnce({ node, write: { pool }, everyMs, tell, graceMs = graceSeconds * 1_000, pageRows: rows = pageRows }: WalkOnce): Promise<boolean> {
  const turn = await takeTurn(pool, node.name, firstLeg);
  if (!turn) return false;
  const primary = { query: async <Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> => (await pool.query<Row>(text, [...values])).rows };
  const { verdicts, onward, looked } = await walkStep({ node, primary, paymentIdOf, graceMs, pageRows: rows }, turn);
  for (const verdict of verdicts) await tell.verdict(verdict);
  if (await endTurn(pool, turn, onward, everyMs)) tell.stepped(node.name, looked, onward.walked ? (turn.now.getTime() - turn.begunAt.getTime()) / 1_000 : null);
  return true;
}

/** Who hears what a walk finds. */
export interface Teller {
  verdict(verdict: Verdict): Promise<void>;
  /** @param seconds how long the walk took that ended with this step; null where it goes on */
  stepped(node: string, rows: number, seconds: number | null): void;
}

/** An event and the metric once while a law is broken, and an alert. */
export function teller({ registry }: Pick<Deployment, "registry">, { bus, alerts }: Pick<WriteSide, "bus"> & { readonly alerts: AlertPort }): Teller {
  const registers = [registry];
  const broken = new Counter({ name: "millrace_invariant_broken_total", help: "Laws that were found broken, each once while it is so.", registers, labelNames: ["law"] });
  const rowsLooked = new Counter({ name: "millrace_invariant_rows_total", help: "Rows that were looked at.", registers, labelNames: ["node"] });
  const walkedAt = new Gauge({ name: "millrace_invariant_walk_timestamp_seconds", help: "When the last walk over all rows of a node came to its end.", registers, labelNames: ["node"] });
  const walkSeconds = new Gauge({ name: "millrace_invariant_walk_seconds", help: "How long the last walk over all rows of a node took.", registers, labelNames: ["node"] });
  const system = { role: "system", id: "invariants" } as const;
  return {
    async verdict({ law, key, found }) {
      const { answer } = await bus.execute(reportInvariant, { law, key, found }, { actor: system, idempotencyKey: newId() });
      if (answer?.news !== true || found === null) return;
      broken.inc({ law });
      // One alert a law: should many orders break it at once, each has its event, and one person gets up.
      await alerts.raise({ key: `invariant_broken:${law}`, severity: "critical", message: `${law} does not hold of ${key}: ${found}. Run \`millrace doctor\`.`, details: { law, key, found } });
    },
    stepped(node, rows, seconds) {
      rowsLooked.inc({ node }, rows);
      if (seconds === null) return;
      walkedAt.setToCurrentTime({ node });
      walkSeconds.set({ node }, seconds);
    },
  };
}
