import type { Client } from "pg";
import { confirmed, walEnd } from "./barrier.js";
import { inThousands, type Examined } from "./finding.js";
import { atPresent } from "./snapshot.js";

/** Rows are compared in that many parts, so that one that differs does not bring all of them here. */
const partsCount = 256;
/** How often a row that differs is looked at again: it may just be changing. */
const looks = 3;

const rowDigest = "md5(concat_ws('|', id, name, email, coalesce(phone, '~'), address::text, extract(epoch FROM updated_at)::text))";
const part = "get_byte(decode(md5(id), 'hex'), 0)";

interface PersonalDigest { readonly part: number; readonly people: number; readonly digest: string }

/** By id, a digest of the whole row; names and addresses stay where they are. */
type RowDigests = ReadonlyMap<string, string>;

export async function digestPersonal(client: Client): Promise<ReadonlyMap<number, PersonalDigest>> {
  const { rows } = await client.query<PersonalDigest>(
    `SELECT ${part} AS part, count(*)::float8 AS people, md5(string_agg(${rowDigest}, '' ORDER BY id)) AS digest FROM personal GROUP BY 1`);
  return new Map(rows.map((row) => [row.part, row]));
}

interface Compared {
  readonly nodeName: string;
  readonly slotName: string;
  readonly primaryUrl: string;
  readonly primary: Client;
  readonly digest: ReadonlyMap<number, PersonalDigest>;
  readonly node: Client;
  readonly nodeUrl: string;
  readonly timeoutMs: number;
}

/** Personal rows, which are changed and erased, are the same on the node. */
export async function examinePersonal(compared: Compared): Promise<Examined> {
  const { nodeName, primary, node, digest } = compared;
  const own = await digestPersonal(node);
  const suspects: string[] = [];
  for (let number = 0; number < partsCount; number += 1) {
    if (digest.get(number)?.digest === own.get(number)?.digest) continue;
    const [expected, there] = await Promise.all([primary, node].map((client) => readPart(client, number)));
    suspects.push(...differing(expected ?? new Map(), there ?? new Map()));
  }
  const wrong = await stillDiffering(compared, suspects);
  const people = [...digest.values()].reduce((sum, each) => sum + each.people, 0);
  return {
    check: "personal_copy", where: nodeName, examined: `personal rows are those of the primary, ${inThousands(people)} customers`,
    wrong: "customers whose personal row is not the primary's", problems: wrong.map((id) => ({ key: id, text: `customer ${id}` })),
    remedy: `Run \`millrace resync ${nodeName}\`.`,
  };
}

async function readPart(client: Client, number: number): Promise<RowDigests> {
  return digests(client, `${part} = $1`, [number]);
}

async function digests(client: Client, where: string, values: readonly unknown[]): Promise<RowDigests> {
  const { rows } = await client.query<{ id: string; digest: string }>(`SELECT id, ${rowDigest} AS digest FROM personal WHERE ${where}`, [...values]);
  return new Map(rows.map(({ id, digest }) => [id, digest]));
}

function differing(one: RowDigests, other: RowDigests): string[] {
  return [...new Set([...one.keys(), ...other.keys()])].filter((id) => one.get(id) !== other.get(id)).sort();
}

/** Rows that did not change on the primary while the node had time to get them, and are others there all the same. */
async function stillDiffering({ primaryUrl, nodeUrl, slotName, timeoutMs }: Compared, suspects: readonly string[]): Promise<readonly string[]> {
  let left = suspects;
  for (let look = 0; look < looks && left.length > 0; look += 1) {
    left = await atPresent(primaryUrl, (primary) => atPresent(nodeUrl, async (node) => {
      const of = (client: Client): Promise<RowDigests> => digests(client, "id = ANY($1::text[])", [left]);
      const before = await of(primary);
      if (!await confirmed(primary, slotName, await walEnd(primary), timeoutMs)) return [];
      const there = await of(node);
      const after = await of(primary);
      return differing(before, there).filter((id) => look < looks - 1 || before.get(id) === after.get(id));
    }));
  }
  return left;
}
