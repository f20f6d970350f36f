import { resolve } from "node:path";
import { AckJournal, type Acknowledgement } from "./ack-journal.js";
import { countAtPrimary, type PrimaryCount } from "./count-at-primary.js";
import { countOrders, ordersByApi, type Count } from "./count-orders.js";
import { followToTheEnd } from "./follow-orders.js";
import { ReplayIdentity, subjectOf } from "./identity.js";
import { LiveOrders } from "./live-orders.js";
import { OrderTracker } from "./order-tracker.js";
import { placeOrders } from "./place-orders.js";
import type { Progress } from "./progress.js";
import { ReplayError } from "./replay-error.js";
import { ShopApi, Unanswered, type Patience } from "./shop-api.js";
import { setUpShop } from "./shop-set-up.js";
import { summarize, type Summary } from "./summary.js";
import { baskets, survey, type LineRange, type Survey } from "./survey.js";
import { Tally } from "./tally.js";

export interface ReplayOptions {
  readonly file: string;
  readonly url: string;
  /** An operator's. */
  readonly token: string;
  /** Orders a second; null for as fast as it goes. */
  readonly rate: number | null;
  readonly concurrency: number;
  readonly range: LineRange;
  readonly run: string | undefined;
  readonly journal: string | undefined;
  readonly follow: boolean;
  /** Bound of one answer, and of the time in which no order moves. */
  readonly giveUpMs: number;
  /** As a role that may read the log; null where the primary is not ours to ask, with the reason. */
  readonly primaryUrl: string | null;
  readonly progress: Progress;
  /** Stops placing; what is under way is waited for. */
  readonly stop: AbortSignal;
}

/** After a stop, what is under way may repeat for so long. */
const hurryAfterMs = 10_000;
const helloMs = 5_000;
const showMs = 200;

/**
 * Places a file's baskets as orders through the public API, follows them to the door, and counts.
 * @throws ReplayError; RequestRefused, Unanswered where the shop cannot even be set up; Node's own error for a file that cannot be read
 */
export async function replay(options: ReplayOptions): Promise<Summary> {
  const { file, range, progress } = options;
  const found = await survey(file, range);
  const identity = new ReplayIdentity(found.fileId, options.run, subjectOf(options.token));
  const journal = options.journal === undefined ? null : await AckJournal.open(resolve(options.journal), identity.name);
  const tally = new Tally();
  const api = new ShopApi({ url: options.url, token: options.token, concurrency: options.concurrency, onRepeat: (code) => { tally.repeat(code); } });
  try {
    return await run(options, { survey: found, identity, journal: journal?.journal ?? null, known: journal?.known ?? [], tally, api });
  } finally {
    progress.end();
    api.close();
    await journal?.journal.close();
  }
}

interface Parts {
  readonly survey: Survey;
  readonly identity: ReplayIdentity;
  readonly journal: AckJournal | null;
  readonly known: readonly Acknowledgement[];
  readonly tally: Tally;
  readonly api: ShopApi;
}

async function run(options: ReplayOptions, parts: Parts): Promise<Summary> {
  const { survey: found, identity, known, tally, api } = parts;
  const { progress, range, giveUpMs, stop } = options;
  const patience = (): Patience => ({ giveUpAtMs: performance.now() + giveUpMs, signal: stop });
  await hello(api);
  progress.say(`Setting up ${found.demand.size} products, their stock and the buyers.`);
  await setUpShop(api, identity, found.demand, patience);

  const tracker = new OrderTracker();
  for (const { orderId } of known) tracker.expect(orderId);
  const live = options.follow ? new LiveOrders(options.url, options.token, tracker) : null;
  const wanted = [...found.usable].filter((line) => line >= range.first && line <= range.last).length;
  const startedMs = performance.now();
  progress.begin(wanted);
  const show = (): void => { progress.show(tally.answered, tracker.expected - tracker.pending.size); };
  const showing = setInterval(show, showMs);
  try {
    await placeOrders({
      api, identity, baskets: baskets(options.file, range), rate: options.rate, concurrency: options.concurrency, giveUpMs,
      tally, tracker, journal: parts.journal, promised: new Map(known.map(({ line, orderId }) => [line, orderId])), stop, hurry: later(stop, hurryAfterMs),
    });
    if (live) await followToTheEnd({ api, live, tracker, stillMs: giveUpMs, stop });
  } finally {
    clearInterval(showing);
    await live?.close();
  }
  show();
  const wholeMs = performance.now() - startedMs;
  progress.end();
  const followed = options.follow && !stop.aborted;
  const counts = await count(options, parts, followed);
  return summarize({
    file: options.file, replay: identity.name, range, survey: found, tally, states: tracker.counts(),
    unfinished: followed ? [...tracker.pending] : null, ...counts,
    live: { reconnects: live?.reconnects ?? 0, gaps: live?.gaps ?? 0 }, wholeMs, stopped: stop.aborted,
  });
}

/** A wrong address is noticed at once, and not after the patience of an order. */
export async function hello(api: ShopApi): Promise<void> {
  try {
    await api.insist("query ReplayHello { __typename }", {}, { giveUpAtMs: performance.now() + helloMs });
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    throw new ReplayError(`There is no Millrace at ${api.url} (${error.code}): start one with \`npm start\`, or name its --url.`);
  }
}

/** Right after placing, a read node may be a moment behind: only orders that were followed are counted there. */
async function count(
  options: ReplayOptions, { api, identity, tally, known, survey: { usable } }: Parts, followed: boolean,
): Promise<{ api: Count | null; primary: PrimaryCount | null; primaryRemark: string | null }> {
  const { progress, giveUpMs, primaryUrl } = options;
  progress.say("Counting.");
  const acknowledged = [...known, ...[...tally.acknowledged].map(([line, orderId]) => ({ line, orderId }))];
  const found = followed ? await ordersByApi(api, identity, () => ({ giveUpAtMs: performance.now() + giveUpMs })) : null;
  const byApi = found && countOrders(found, acknowledged, identity, usable);
  if (primaryUrl === null) return { api: byApi, primary: null, primaryRemark: "The primary was not asked: its URL is not known here." };
  try {
    return { api: byApi, primary: await countAtPrimary(primaryUrl, identity, acknowledged, usable), primaryRemark: null };
  } catch (error) {
    return { api: byApi, primary: null, primaryRemark: `The primary could not be asked: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Aborts a while after another signal. */
function later(signal: AbortSignal, afterMs: number): AbortSignal {
  const hurry = new AbortController();
  signal.addEventListener("abort", () => { setTimeout(() => { hurry.abort(); }, afterMs).unref(); }, { once: true });
  return hurry.signal;
}
