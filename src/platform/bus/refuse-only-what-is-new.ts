import type { Client } from "pg";
import type { Decision } from "./decide-batch.js";

/** A command that began its stream long ago, when its answer is no longer kept. Reading the streams tells what it was answered. */
class BegunBefore extends Error {
  override readonly name = "BegunBefore";
  readonly code = "40001";
}

const begunSql = { name: "bus_begun", text: "SELECT FROM event_log WHERE stream_id = ANY($1::text[]) AND version = 1 LIMIT 1" };

/**
 * What is accepted is judged by the unique version of its stream; a refusal writes no event, so it has to ask: nobody
 * may hear that an order was refused which was taken. @throws BegunBefore
 */
export async function refuseOnlyWhatIsNew(client: Client, decisions: readonly Decision[]): Promise<void> {
  const streamIds = decisions.flatMap(({ refusal, command }) => (refusal ? command.needs.newStreams ?? [] : []).map(({ type, id }) => type.streamId(id)));
  if (streamIds.length === 0) return;
  const { rowCount } = await client.query({ ...begunSql, values: [streamIds] });
  if (rowCount !== 0) throw new BegunBefore("a stream that was believed to be new is there");
}
