import type { NodeAddress } from "../platform/projector/node-address.js";
import type { ReadTable } from "../platform/projector/read-table.js";
import { rebuildProjection } from "../platform/projector/rebuild.js";

/**
 * `millrace rebuild <projection>`: on every node, one after the other, so that queries always find a live table.
 * @param print takes one line for a person
 * @returns the exit code: 1 where rebuilt rows differ from those that were live
 * @throws Error where the projection is unknown or a node cannot be reached
 */
export async function rebuild(
  nodes: readonly NodeAddress[], tables: readonly ReadTable[], name: string, print: (line: string) => void,
): Promise<number> {
  const table = tables.find(({ projection }) => projection.name === name);
  if (!table) throw new Error(`There is no projection "${name}". There are: ${tables.map(({ projection }) => projection.name).sort().join(", ")}.`);
  let differing = 0;
  for (const node of nodes) {
    const { table: relation, differences } = await rebuildProjection(node, table);
    differing += differences.length;
    print(differences.length === 0
      ? `${node.name}: ${relation} is live.`
      : `${node.name}: ${relation} is live; rows differ from those before: ${differences.join(", ")}.`);
  }
  return differing === 0 ? 0 : 1;
}
