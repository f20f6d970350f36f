import type { NodeAddress } from "../platform/projector/node-address.js";
import type { ReadTable } from "../platform/projector/read-table.js";
import { redrive } from "../platform/projector/redrive.js";
import { noSuchProjection } from "./rebuild.js";

/**
 * `millrace redrive <projection> <stream>`: folds what was parked of a stream again, on every node, after the reason is mended.
 * @returns the exit code: 1 where something stays parked
 * @throws CommandError where the projection is unknown; Error where a node cannot be reached
 */
export async function redriveParked(
  nodes: readonly NodeAddress[], tables: readonly ReadTable[], projection: string, streamId: string, print: (line: string) => void,
): Promise<number> {
  if (!tables.some((table) => table.projection.name === projection)) throw noSuchProjection(projection, tables);
  let stuck = 0;
  for (const node of nodes) {
    const { folded, left, error } = await redrive(node, tables, projection, streamId);
    if (left > 0) stuck += 1;
    print(left === 0
      ? `${node.name}: ${String(folded)} parked events of ${streamId} were folded.`
      : `${node.name}: ${String(folded)} parked events of ${streamId} were folded, ${String(left)} are still parked: ${error ?? "unknown"}.`);
  }
  return stuck === 0 ? 0 : 1;
}
