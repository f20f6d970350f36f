import { ConfigurationError } from "../platform/config/config.js";
import { waitUntilReady } from "../platform/replication/ready.js";
import { resyncNode } from "../platform/replication/resync-node.js";
import { appRoleOf, type DatabaseTargets } from "./database-targets.js";

export interface Resync {
  readonly targets: DatabaseTargets;
  readonly nodeName: string;
  readonly report: (line: string) => void;
  /** How long to wait for the new copy. */
  readonly readyTimeoutMs: number;
}

/** Throws a node's copy away and makes it anew; processes may keep running. @throws ConfigurationError where no node has this name */
export async function resync({ targets, nodeName, report, readyTimeoutMs }: Resync): Promise<void> {
  const node = targets.nodes.find(({ name }) => name === nodeName);
  if (!node) throw new ConfigurationError([`${nodeName}: there is no such read node; there are: ${targets.nodes.map(({ name }) => name).join(", ")}`]);
  const { replicationUrl } = targets;
  await resyncNode({
    nodeName, nodeAdminUrl: node.adminUrl, primaryAdminUrl: targets.primary.adminUrl,
    appRole: appRoleOf(node.appUrl).appRole, ...(replicationUrl === undefined ? {} : { replicationUrl }),
  });
  report(`${nodeName}: emptied and connected again`);
  const mark = await waitUntilReady(node.appUrl, readyTimeoutMs);
  report(mark === null ? `${nodeName}: the copy is still under way; the projector begins when it is complete` : `${nodeName}: copied up to arrival ${mark}; the projector builds its tables now`);
}
