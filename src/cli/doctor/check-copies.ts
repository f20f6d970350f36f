import type { Client } from "pg";
import { checkNode } from "../../platform/replication/check-node.js";
import { readNodeIdentity } from "../../platform/replication/node-identity.js";
import type { NodeAddress } from "../../platform/projector/node-address.js";
import { confirmed, walEnd } from "./barrier.js";
import { digestLog, examineLogCopy, lastPositionOf, type LogDigest } from "./check-log-copy.js";
import { digestPersonal, examinePersonal } from "./check-personal.js";
import { found, inThousands, judge, messageOf, ok, type Finding } from "./finding.js";
import { inSnapshot } from "./snapshot.js";

/** Whether a node is fed, from the right primary and in the right way. */
export async function examineReplication(primaryUrl: string, { name, appUrl }: NodeAddress): Promise<Finding> {
  try {
    const { findings, lagBytes, applyErrors, bootstrapArrival } = await checkNode({ nodeUrl: appUrl, primaryUrl });
    if (findings.length > 0) {
      return found("FAIL", "replication", name, "is not fed as it should be", "Do what each says.", findings.map(({ code, message }) => `${code}: ${message}`));
    }
    if (bootstrapArrival === null) return found("warn", "replication", name, "the first copy is under way", "Wait for it; the projector begins when it is complete.");
    return ok("replication", name, `follows the primary, ${inThousands(lagBytes ?? 0)} bytes behind${applyErrors > 0 ? `, ${String(applyErrors)} errors or lost connections so far` : ""}`);
  } catch (error) {
    return found("FAIL", "replication", name, messageOf(error), "Start the node, or mend its URL.");
  }
}

export interface Copies {
  readonly primaryUrl: string;
  readonly nodes: readonly NodeAddress[];
  /** How long a node may take to confirm what the primary held when we looked. */
  readonly settleMs: number;
  /** Whether one that is still behind is wrong: where everybody waited for quiet. */
  readonly behindIsWrong: boolean;
}

/**
 * Whether each node holds what the primary holds. The primary is read in one snapshot; a node only after it has
 * confirmed the WAL up to there, so that nothing in flight looks missing.
 */
export async function examineCopies(copies: Copies): Promise<Finding[]> {
  return inSnapshot(copies.primaryUrl, async (primary) => {
    const lsn = await walEnd(primary);
    const lastPosition = await lastPositionOf(primary);
    let log: LogDigest | null = null;
    const findings: Finding[] = [];
    for (const node of copies.nodes) {
      try {
        const slotName = await slotOf(node);
        if (slotName === null || !await confirmed(primary, slotName, lsn, copies.settleMs)) {
          findings.push(behind(node, copies));
          continue;
        }
        log ??= await digestLog(primary, lastPosition);
        findings.push(ok("replication_lag", node.name, "has confirmed all that the primary held"), ...await compare(copies, node, slotName, primary, log));
      } catch (error) {
        findings.push(found("FAIL", "log_copy", node.name, `could not be examined: ${messageOf(error)}`, "Mend what it says and run doctor again."));
      }
    }
    return findings;
  });
}

function behind({ name }: NodeAddress, { settleMs, behindIsWrong }: Copies): Finding {
  return found(behindIsWrong ? "FAIL" : "warn", "replication_lag", name, `did not confirm within ${String(settleMs)} ms what the primary held: its log was not compared`,
    "Look at `replication` above; give it more time with --wait.");
}

/** Null while the first copy is under way: tables are then fed by slots of their own. */
async function slotOf({ appUrl }: NodeAddress): Promise<string | null> {
  return inSnapshot(appUrl, async (client) => {
    const identity = await readNodeIdentity(client);
    return identity === undefined || identity.bootstrapArrival === null ? null : identity.slotName;
  });
}

async function compare(copies: Copies, { name, appUrl }: NodeAddress, slotName: string, primary: Client, digest: LogDigest): Promise<Finding[]> {
  const { primaryUrl, settleMs } = copies;
  const people = await digestPersonal(primary);
  return inSnapshot(appUrl, async (node) => [
    judge(await examineLogCopy({ nodeName: name, primary, primaryUrl, digest, node, nodeUrl: appUrl })),
    judge(await examinePersonal({ nodeName: name, slotName, primaryUrl, primary, digest: people, node, nodeUrl: appUrl, timeoutMs: settleMs })),
  ]);
}
