import type { PaymentProvider } from "../../gateways/payments/payment-port.js";
import type { QueueDefinition } from "../../platform/jobs/queue.js";
import type { NodeAddress } from "../../platform/projector/node-address.js";
import { projectorQueues } from "../../platform/projector/queues.js";
import type { ReadTable } from "../../platform/projector/read-table.js";
import { primaryQueues } from "../consumers.js";
import { readTables } from "../projections.js";
import { examineCopies, examineReplication } from "./check-copies.js";
import { examineLedger, examineLedgerCopies } from "./check-ledger.js";
import { examineProviderCash } from "./check-ledger-provider.js";
import { examineDeadLetters, examineQueues } from "./check-queues.js";
import { examineReadRows } from "./check-read-rows.js";
import { examineServer, type Server } from "./check-servers.js";
import { examineConservation } from "./conservation.js";
import { found, judge, messageOf, type Finding } from "./finding.js";
import { examineProjectionLag, examineQuiet } from "./quiet.js";
import { atPresent } from "./snapshot.js";

export interface Examination {
  /** As the application's role, as all URLs here. */
  readonly primaryUrl: string;
  readonly nodes: readonly NodeAddress[];
  /** First wait that long for quiet, and take what is then still under way for wrong; 0, the default, looks at once. */
  readonly waitMs?: number;
  /** How long a node may take to confirm what the primary held; default 10,000. */
  readonly settleMs?: number;
  /** What looks wrong in the primary is looked at again after this; default 1,000. */
  readonly lookAgainAfterMs?: number;
  readonly tables?: readonly ReadTable[];
  readonly queues?: readonly QueueDefinition[];
  readonly nodeQueues?: readonly QueueDefinition[];
  /** Whose own books are compared with the ledger, payment by payment: asks them for all that there are. Default none. */
  readonly providers?: readonly PaymentProvider[];
}

/**
 * Examines a whole installation and changes nothing. May run at any time, also while orders come in.
 * A part that cannot be examined is a finding; nothing is thrown.
 */
export async function examine(examination: Examination): Promise<Finding[]> {
  const { primaryUrl, nodes, waitMs = 0, settleMs = 10_000, lookAgainAfterMs = 1_000, tables = readTables, queues = primaryQueues, nodeQueues = projectorQueues } = examination;
  const servers: Server[] = [
    { name: "primary", appUrl: primaryUrl, set: "primary", queues },
    ...nodes.map((node): Server => ({ ...node, set: "read", queues: nodeQueues })),
  ];
  const findings = (await Promise.all(servers.map(examineServer))).flat();
  const away = new Set(findings.filter(({ check, verdict }) => check === "connection" && verdict === "FAIL").map(({ where }) => where));
  const present = nodes.filter(({ name }) => !away.has(name));
  const isPrimaryThere = !away.has("primary");
  const behindIsWrong = waitMs > 0;

  if (behindIsWrong) findings.push(await examineQuiet({ primaryUrl, nodes: present, queues, waitMs }));
  // The nodes work while the primary does: these are servers of their own.
  const ofNodes = examineNodes(present, tables, primaryUrl, behindIsWrong);
  if (isPrimaryThere) {
    findings.push(...await asked("queues", "primary", () => atPresent(primaryUrl, async (client) =>
      [...await examineQueues(client, queues), ...(await examineDeadLetters(client)).map(judge)])));
    findings.push(...await asked("conservation", "primary", async () => (await examineConservation(primaryUrl, lookAgainAfterMs)).map(judge)));
  }
  for (const node of present) findings.push(await examineReplication(primaryUrl, node));
  if (isPrimaryThere) findings.push(...await asked("log_copy", "all", () => examineCopies({ primaryUrl, nodes: present, settleMs, behindIsWrong })));
  for (const provider of examination.providers ?? []) for (const node of present) findings.push(await examineProviderCash(provider, node, lookAgainAfterMs));
  return [...findings, ...await ofNodes];
}

/** One node after the other, so that no more than one node's rows are in memory. Never throws. */
async function examineNodes(nodes: readonly NodeAddress[], tables: readonly ReadTable[], primaryUrl: string, behindIsWrong: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const node of nodes) {
    findings.push(await examineProjectionLag(node, behindIsWrong), ...await examineReadRows(node, tables), ...await examineLedger(node, primaryUrl));
  }
  return [...findings, ...await examineLedgerCopies(nodes, behindIsWrong)];
}

/** What cannot be examined is wrong, and keeps no other check from being made. */
async function asked(check: string, where: string, ask: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await ask();
  } catch (error) {
    return [found("FAIL", check, where, `could not be examined: ${messageOf(error)}`, "Mend what it says and run doctor again.")];
  }
}
