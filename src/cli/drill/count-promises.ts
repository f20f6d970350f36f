import { readSettings } from "../../platform/config/config.js";
import { targetsFor } from "../embedded-targets.js";
import { readJournal } from "../replay/ack-journal.js";
import { countAtPrimary } from "../replay/count-at-primary.js";
import { ReplayIdentity, replayOperator } from "../replay/identity.js";
import { survey } from "../replay/survey.js";

/** Promises in a client's journal against the primary. */
export interface PromiseCount {
  readonly acknowledged: number;
  /** Orders at the primary; more than were acknowledged where the last word did not reach the client. */
  readonly atPrimary: number;
  readonly delivered: number;
  /** Promised and not there, or not brought to an end. */
  readonly lost: readonly string[];
  /** There, and of no line of the file; or promised twice for one line. */
  readonly doubled: readonly string[];
  readonly chargedTwice: readonly string[];
}

/** Knows nothing of the client but its journal. @throws Error where the journal is of another file, or the primary not there */
export async function countPromises(file: string, journalFile: string, dataDir: string): Promise<PromiseCount> {
  const { usable, fileId } = await survey(file, { first: 1, last: Infinity });
  const identity = new ReplayIdentity(fileId, undefined, replayOperator);
  const { replay, acknowledgements } = await readJournal(journalFile);
  if (replay !== null && replay !== identity.name) throw new Error(`${journalFile} is the journal of ${replay}, not of ${file}.`);
  const { primary } = await targetsFor(readSettings({ MILLRACE_DATA_DIR: dataDir }));
  const count = await countAtPrimary(primary.adminUrl, identity, acknowledgements, usable);
  const orderOfLine = new Map<number, string>();
  const promisedTwice = acknowledgements.filter(({ line, orderId }) => {
    const earlier = orderOfLine.get(line);
    orderOfLine.set(line, orderId);
    return earlier !== undefined && earlier !== orderId;
  });
  return {
    acknowledged: orderOfLine.size, atPrimary: count.found, delivered: count.delivered,
    lost: [...count.missing.map(({ orderId }) => orderId), ...count.unfinished],
    doubled: [...count.doubled, ...promisedTwice.map(({ orderId }) => orderId)],
    chargedTwice: count.chargedTwice,
  };
}
