import type { ClientBase } from "pg";
import { withClient } from "../postgres/connection.js";
import { readNodeIdentity, type NodeIdentity } from "./node-identity.js";
import { primaryIdentity, samePrimary } from "./primary-identity.js";
import { findSlot } from "./slot.js";

export type NodeFindingCode =
  /** `migrate` has not been here, or did not connect the node. */
  | "not_connected"
  | "subscription_missing" | "subscription_disabled"
  /** Arrivals would not be numbered in commit order. */
  | "streaming_on"
  /** Enabled and yet no apply worker: it fails on each attempt, or cannot reach the primary. */
  | "apply_stopped"
  | "wrong_primary" | "slot_missing" | "slot_lost"
  | "primary_unreachable";

export interface NodeFinding {
  readonly code: NodeFindingCode;
  /** `refuse`: nothing may be folded or answered from this node. `alert`: it stands still, what it holds is right. */
  readonly severity: "refuse" | "alert";
  readonly message: string;
}

export interface NodeReport {
  readonly name: string | null;
  /** Decimal; null while the first copy runs. */
  readonly bootstrapArrival: string | null;
  readonly generation: number | null;
  /** WAL on the primary that the node has not confirmed; null where the primary or the slot cannot be asked. */
  readonly lagBytes: number | null;
  /** Errors of apply and copy since the statistics were last reset. A lost connection counts too. */
  readonly applyErrors: number;
  readonly findings: readonly NodeFinding[];
}

interface SubscriptionState {
  readonly enabled: boolean;
  readonly streaming: string;
  readonly applying: boolean;
  readonly errors: number;
}

/** All of it readable by any role. `substream` is a boolean up to 15, a letter since. */
const stateQuery = `
  SELECT s.subenabled AS enabled, left(s.substream::text, 1) AS streaming,
    EXISTS (SELECT FROM pg_stat_subscription w WHERE w.subid = s.oid AND w.relid IS NULL AND w.pid IS NOT NULL) AS applying,
    coalesce((SELECT e.apply_error_count + e.sync_error_count FROM pg_stat_subscription_stats e WHERE e.subid = s.oid), 0)::int AS errors
  FROM pg_subscription s
  WHERE s.subname = $1 AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/**
 * Looks at a node with the rights of the application: is it fed, from the right primary, in the right way?
 * @throws the driver's error where the node itself cannot be reached
 */
export async function checkNode(urls: { readonly nodeUrl: string; readonly primaryUrl: string }): Promise<NodeReport> {
  const applicationName = "millrace check";
  return withClient({ url: urls.nodeUrl, applicationName }, async (node) => {
    const identity = await readNodeIdentity(node);
    if (!identity?.primary) {
      const finding = refuse("not_connected", "The node does not follow a primary yet: run `millrace migrate`.");
      return { name: identity?.name ?? null, bootstrapArrival: null, generation: identity?.generation ?? null, lagBytes: null, applyErrors: 0, findings: [finding] };
    }
    const { rows: [state] } = await node.query<SubscriptionState>(stateQuery, [identity.slotName]);
    const findings = subscriptionFindings(identity, state);
    const upstream = await withClient({ url: urls.primaryUrl, applicationName }, (primary) => upstreamFindings(primary, identity))
      .catch((error: unknown) => ({ lagBytes: null, findings: [alert("primary_unreachable", `The primary cannot be asked about node ${identity.name}: ${String(error)}`)] }));
    return {
      name: identity.name,
      bootstrapArrival: identity.bootstrapArrival,
      generation: identity.generation,
      lagBytes: upstream.lagBytes,
      applyErrors: state?.errors ?? 0,
      findings: [...findings, ...upstream.findings],
    };
  });
}

function subscriptionFindings({ name, slotName }: NodeIdentity, state: SubscriptionState | undefined): NodeFinding[] {
  if (!state) return [alert("subscription_missing", `Node ${name} has no subscription ${slotName} any more: run \`millrace resync ${name}\`.`)];
  const findings: NodeFinding[] = [];
  if (state.streaming !== "f") {
    findings.push(refuse("streaming_on", `The subscription of node ${name} streams open transactions (substream = ${state.streaming}), so events may be numbered out of commit order: run \`millrace resync ${name}\`.`));
  }
  if (!state.enabled) {
    findings.push(alert("subscription_disabled", `The subscription of node ${name} is switched off: look for the reason in the node's log, then run \`millrace migrate\`.`));
  } else if (!state.applying) {
    findings.push(alert("apply_stopped", `Node ${name} is not applying (${String(state.errors)} errors so far): the primary is away, or a row does not fit; the node's log says which.`));
  }
  return findings;
}

async function upstreamFindings(primary: ClientBase, { name, slotName, primary: kept }: NodeIdentity): Promise<Pick<NodeReport, "lagBytes" | "findings">> {
  if (!kept || !samePrimary(kept, await primaryIdentity(primary))) {
    return { lagBytes: null, findings: [refuse("wrong_primary", `Node ${name} holds the rows of another primary, or of this one before it was restored or promoted: run \`millrace resync ${name}\`.`)] };
  }
  const slot = await findSlot(primary, slotName);
  if (!slot) return { lagBytes: null, findings: [alert("slot_missing", `The slot of node ${name} is gone from the primary: run \`millrace resync ${name}\`.`)] };
  const lagBytes = slot.lagBytes === null ? null : Number(slot.lagBytes);
  if (slot.walStatus !== "lost") return { lagBytes, findings: [] };
  return { lagBytes, findings: [alert("slot_lost", `Node ${name} was away for longer than max_slot_wal_keep_size allows: run \`millrace resync ${name}\`.`)] };
}

function refuse(code: NodeFindingCode, message: string): NodeFinding {
  return { code, severity: "refuse", message };
}

function alert(code: NodeFindingCode, message: string): NodeFinding {
  return { code, severity: "alert", message };
}
