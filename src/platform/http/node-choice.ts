import { SystemError } from "../errors.js";
import type { ProjectionLag, ReadNode } from "../projector/read-node.js";

/** A node may know of itself that it cannot be reached just now. */
export type ChoosableNode = ReadNode & { isHealthy?(): boolean };

/** How far behind the node was that a query read, at most a second ago. */
export interface LagReport {
  readonly node: string;
  readonly projections: readonly ProjectionLag[];
}

interface KnownLag {
  report: LagReport | null;
  askedAt: number;
}

const lagAgeMs = 1_000;

/** Spreads requests over the read nodes that work. */
export class NodeChoice {
  readonly #nodes: readonly ChoosableNode[];
  readonly #now: () => number;
  readonly #lags = new Map<ReadNode, KnownLag>();
  #turn = 0;

  constructor(nodes: readonly ChoosableNode[], now: () => number = Date.now) {
    this.#nodes = nodes;
    this.#now = now;
  }

  /**
   * @param before the node in use; it is kept as long as it works, so that one request reads one state
   * @throws SystemError READ_UNAVAILABLE
   */
  pick(before: ChoosableNode | null): ChoosableNode {
    if (before && isHealthy(before)) return before;
    const healthy = this.#nodes.filter(isHealthy);
    this.#turn = (this.#turn + 1) % Math.max(healthy.length, 1);
    const node = healthy[this.#turn];
    if (node) return node;
    throw new SystemError("READ_UNAVAILABLE", "No read node answers just now. Orders are still taken.", { retryAfterSeconds: 1 });
  }

  /** Whether any node can be asked. */
  get isReadable(): boolean {
    return this.#nodes.some(isHealthy);
  }

  /** What is known now; asks the node at most once a second and never makes the caller wait. */
  lagOf(node: ReadNode): LagReport | null {
    let known = this.#lags.get(node);
    if (!known) this.#lags.set(node, known = { report: null, askedAt: -Infinity });
    if (this.#now() - known.askedAt >= lagAgeMs) this.#ask(node, known);
    return known.report;
  }

  #ask(node: ReadNode, known: KnownLag): void {
    known.askedAt = this.#now();
    node.lag().then(
      (projections) => { known.report = { node: node.name, projections }; },
      // The node's own health check says what is wrong; here there is only nothing to report.
      () => { known.report = null; },
    );
  }
}

function isHealthy(node: ChoosableNode): boolean {
  return node.isHealthy?.() ?? true;
}
