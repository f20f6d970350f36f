import type { QueryResultRow } from "pg";
import { deadLetterIds } from "../../platform/dead-letters/letter-id.js";
import { openLetter, readLetterHistory, type LetterHistory, type OpenedLetter } from "../../platform/dead-letters/look-inside.js";
import type { NamedQuery } from "../../platform/projector/read-node.js";
import { findLetter, type LetterDesk, type LetterServer } from "./letter-desk.js";

/** Prints all that is known of a letter. @returns the exit code */
export async function showLetter(desk: LetterDesk, id: string, json: boolean): Promise<number> {
  const found = await findLetter(desk, id);
  if (!found) return 1;
  // What a node's job was about stands nowhere but in its data.
  const opened = await openLetter(found.server.reader, found.letter);
  const history = await historyOf(desk.servers, opened);
  if (json) desk.print(JSON.stringify({ ...opened, id: deadLetterIds.encode(opened.id), server: found.server.name, history }));
  else for (const line of linesOf(opened, found.server.name, history)) desk.print(line);
  return 0;
}

/** From the first read node that answers; null where none does. */
async function historyOf(servers: readonly LetterServer[], letter: OpenedLetter): Promise<LetterHistory | null> {
  const node = servers.find(({ name }) => name !== "primary");
  if (!node) return null;
  return readLetterHistory({ query: async <Row extends QueryResultRow>({ name, text, values = [] }: NamedQuery) => (await node.client.query<Row>({ name, text, values: [...values] })).rows }, letter);
}

function* linesOf(letter: OpenedLetter, server: string, history: LetterHistory | null): Generator<string> {
  const { event, webhook } = letter;
  yield deadLetterIds.encode(letter.id);
  yield `  queue        ${letter.queue} (${server})`;
  yield `  job          ${letter.jobId}`;
  yield `  belongs to   ${letter.correlationId ?? "-"}`;
  yield `  created      ${letter.createdAt}`;
  yield `  died         ${letter.diedAt}, after ${String(letter.attempts)} attempts`;
  yield `  error        ${letter.error ?? "-"}`;
  yield `  trace        ${letter.traceId ?? "-"}`;
  yield `  payload      ${letter.payload}`;
  if (event) yield `  event        ${event.type}, ${event.streamId} #${String(event.version)}, by ${event.actor}, ${event.recordedAt}`;
  if (webhook) {
    yield `  webhook      ${webhook.eventId} of ${webhook.provider}, ${webhook.receivedAt}`;
    for (const { name, value } of webhook.headers) yield `    ${name}: ${value}`;
    for (const line of webhook.body.split("\n")) yield `    ${line}`;
  }
  if (history === null) {
    yield "  attempts     not known: no read node answers";
    return;
  }
  yield `  attempts     ${String(history.attempts.length)}`;
  for (const { attempt, outcome, startedAt, endedAt, error } of history.attempts) yield `    ${startedAt} to ${endedAt}  #${String(attempt)} ${outcome}${error === null ? "" : `: ${error}`}`;
  for (const { at, type, by, reason } of history.fates) yield `    ${at}  ${type} by ${by}${reason === null ? "" : `: ${reason}`}`;
}
