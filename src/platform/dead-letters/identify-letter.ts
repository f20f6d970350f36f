import { askPrimary } from "./ask-primary.js";
import type { Reader } from "./dead-letter.js";

/**
 * What the events of a letter are tied to, whether it still lies there or what was done with it is in the log: a mutation
 * that is repeated says the same. Null where there never was such a letter.
 */
export async function identifyLetter(primary: Reader, deadLetterId: string): Promise<string | null> {
  const [found] = await askPrimary(primary).query<{ id: string | null }>(
    `SELECT coalesce(
       (SELECT coalesce(data->>'correlationId', source_id::text, id::text) FROM pgboss.job
        WHERE name = ANY(ARRAY(SELECT name FROM pgboss.queue WHERE name LIKE '%.dead')) AND id = $1::uuid),
       (SELECT metadata->>'correlationId' FROM event_log WHERE stream_id = $2 AND version = 1)) AS id`,
    [deadLetterId, `dead_letter-${deadLetterId}`],
  );
  return found?.id ?? null;
}
