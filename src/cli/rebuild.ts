import type { NodeAddress } from "../platform/projector/node-address.js";
import type { ReadTable } from "../platform/projector/read-table.js";
import { rebuildProjection } from "../platform/projector/rebuild.js";
import { CommandError } from "./command-error.js";

/**
 * `millrace rebuild <projection>`: on every node, one after the other, so that queries always find a live table.
 * @param print takes one line for a person
 * @returns the exit code: 1 where rebuilt rows differ from those that were live
 * @throws CommandError where the projection is unknown; Error where a node cannot be reached
 */
export async function rebuild(
  nodes: readonly NodeAddress[], tables: readonly ReadTable[], name: string, print: (line: string) => void,
): Promise<number> {
  const table = tables.find(({ projection }) => projection.name === name);
  if (!table) throw noSuchProjection(name, tables);
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

export function noSuchProjection(name: string, tables: readonly ReadTable[]): CommandError {
  return new CommandError(`There is no projection "${name}". There are: ${tables.map(({ projection }) => projection.name).sort().join(", ")}.`);
}
