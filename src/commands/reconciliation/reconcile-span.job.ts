import type { Pool } from "pg";
import { mismatchKinds, type MismatchKind } from "../../events/reconciliation.js";
import type { PaymentProvider, ProviderPayment } from "../../gateways/payments/payment-port.js";
import type { CommandDefinition } from "../../kernel/command.js";
import { newId } from "../../kernel/ids.js";
import type { Json } from "../../kernel/json.js";
import { Undecided } from "../../kernel/undecided.js";
import type { CommandBus, CommandEnvelope } from "../../platform/bus/command-bus.js";
import { SystemError } from "../../platform/errors.js";
import type { Logger } from "../../platform/log/logger.js";
import { recordPayment, type PaymentCommand } from "../payments/payments.steps.js";
import { comparePayments, missingThere, type Difference } from "./compare-payments.js";
import type { MovedCursor, MovedPayment, MovedPayments } from "./moved-payments.reader.js";
import { readHead, readMismatches, readPayments, readTotals } from "./our-side.reader.js";
import { mismatchIdOf, recordMismatch } from "./record-mismatch.js";

/** What a reconciliation works with. */
export interface ReconciliationParts {
  readonly bus: CommandBus;
  readonly pool: Pool;
  readonly provider: PaymentProvider;
  readonly moved: MovedPayments;
  readonly logger: Logger;
}

/** The part of a day that one step compares. */
export interface Span {
  readonly day: string;
  /** Names the run that the step is part of. */
  readonly run: string;
  /** RFC 3339; `to` is not in it. */
  readonly from: string;
  readonly to: string;
}

/** A mismatch that a run met. */
export interface MetMismatch {
  readonly kind: MismatchKind;
  readonly providerReference: string;
  readonly orderId: string | null;
  readonly ours: Difference["ours"];
  readonly theirs: Difference["theirs"];
  readonly repaired: boolean;
}

export interface SpanOutcome {
  readonly compared: number;
  readonly met: readonly MetMismatch[];
}

/** One payment to compare: the provider's, or null where it has none by our reference. */
interface Item {
  readonly providerReference: string;
  readonly paymentId: string | null;
  readonly orderId: string | null;
  readonly theirs: ProviderPayment | null;
}

interface Wrong extends Difference {
  readonly item: Item;
  readonly mismatchId: string;
}

/** Ours of which the provider's list said nothing, looked at together. */
const pageMax = 100;
/** Questions to the provider at once. */
const questionsMax = 8;
/** A repair can bring the next difference to light: a capture first, then its fee. */
const roundsMax = 3;

/**
 * Compares what the provider made in the span, and then what was recorded here in it and was not in the provider's list:
 * the two clocks differ, and what moved today may have been made long ago. Whatever was done before is not done again.
 * @throws GatewayError, SystemError: the span is to be compared again
 */
export async function reconcileSpan(parts: ReconciliationParts, span: Span, signal?: AbortSignal): Promise<SpanOutcome> {
  const { provider } = parts;
  const met: MetMismatch[] = [];
  const seen = new Set<string>();
  let cursor: string | null = null;
  do {
    signal?.throwIfAborted();
    const page = await provider.list({ from: span.from, to: span.to, cursor });
    for (const { providerReference } of page.payments) seen.add(providerReference);
    met.push(...await comparePage(parts, span, page.payments.map(itemOf)));
    cursor = page.cursor;
  } while (cursor !== null);
  await parts.moved.upTo(await readHead(parts.pool));
  let compared = seen.size;
  let after: MovedCursor | null = null;
  for (;;) {
    signal?.throwIfAborted();
    const moved = await parts.moved.page(provider.name, span.from, span.to, after, pageMax);
    const items = await askAfter(parts, moved, seen);
    compared += items.length;
    met.push(...await comparePage(parts, span, items));
    const last = moved.at(-1);
    if (!last || moved.length < pageMax) return { compared, met };
    after = last;
  }
}

/** The provider's word on those of ours that it did not list. */
async function askAfter({ pool, provider }: ReconciliationParts, moved: readonly MovedPayment[], seen: ReadonlySet<string>): Promise<readonly Item[]> {
  const payments = await readPayments(pool, moved.map(({ paymentId }) => paymentId));
  const unlisted = moved.flatMap(({ paymentId, orderId }) => {
    const payment = payments.get(paymentId);
    const providerReference = payment?.provider === provider.name ? payment.providerReference : null;
    return providerReference === null || seen.has(providerReference) ? [] : [{ paymentId, orderId, providerReference }];
  });
  const items: Item[] = [];
  for (let start = 0; start < unlisted.length; start += questionsMax) {
    items.push(...await Promise.all(unlisted.slice(start, start + questionsMax).map(async (ours): Promise<Item> => {
      const theirs = await provider.retrieve(ours.providerReference);
      return theirs === null ? { ...ours, theirs } : itemOf(theirs);
    })));
  }
  return items;
}

function itemOf(theirs: ProviderPayment): Item {
  const { providerReference, paymentId, orderId } = theirs;
  return { providerReference, paymentId, orderId, theirs };
}

/** What is wrong is written down before anything is done about it, and settled only when both sides were seen to agree. */
async function comparePage(parts: ReconciliationParts, span: Span, items: readonly Item[]): Promise<readonly MetMismatch[]> {
  if (items.length === 0) return [];
  const { pool, provider } = parts;
  const met = new Map<string, Wrong>();
  const idsOf = (item: Item): readonly string[] => mismatchKinds.map((kind) => mismatchIdOf(provider.name, span.day, item.providerReference, kind));
  for (let round = 1; ; round += 1) {
    const wrong = await differencesOf(parts, span, items);
    const known = await readMismatches(pool, items.flatMap(idsOf));
    for (const each of wrong) if (!met.has(each.mismatchId)) met.set(each.mismatchId, each);
    const stillWrong = new Set(wrong.map(({ mismatchId }) => mismatchId));
    const right = [...known].filter(([id, { status }]) => status === "open" && !stillWrong.has(id)).map(([id]) => id);
    await Promise.all([...wrong.map((each) => writeFound(parts, span, each)), ...right.map((id) => writeSettled(parts, span, id, met.has(id)))]);
    const repairs = round < roundsMax ? wrong.flatMap((each) => each.repairs) : [];
    if (repairs.length === 0) return metIn(span, met, await readMismatches(pool, items.flatMap(idsOf)), items, idsOf);
    await Promise.all(repairs.map((command) => repair(parts, command)));
  }
}

async function differencesOf({ pool, provider }: ReconciliationParts, { day }: Span, items: readonly Item[]): Promise<readonly Wrong[]> {
  const [payments, totals] = await Promise.all([
    readPayments(pool, items.flatMap(({ paymentId }) => paymentId ?? [])),
    readTotals(pool, items.flatMap(({ orderId }) => orderId ?? [])),
  ]);
  return items.flatMap((item) => {
    const { theirs, paymentId, orderId, providerReference } = item;
    const payment = paymentId === null ? null : payments.get(paymentId) ?? null;
    const differences = theirs === null
      ? payment === null ? [] : [missingThere(payment)]
      : comparePayments(provider.name, theirs, { payment, expected: orderId === null ? null : totals.get(orderId) ?? null });
    return differences.map((difference) => ({ ...difference, item, mismatchId: mismatchIdOf(provider.name, day, providerReference, difference.kind) }));
  });
}

/** What this run has to answer for: what is open, and what it settled itself; also where a crash lay between. */
function metIn(
  { run }: Span, met: ReadonlyMap<string, Wrong>, known: Awaited<ReturnType<typeof readMismatches>>,
  items: readonly Item[], idsOf: (item: Item) => readonly string[],
): readonly MetMismatch[] {
  return items.flatMap((item) => idsOf(item).flatMap((id, index): readonly MetMismatch[] => {
    const mismatch = known.get(id);
    const kind = mismatchKinds[index];
    const repaired = mismatch?.status === "settled" && mismatch.settledIn === run && mismatch.how === "REPAIRED";
    if (!mismatch || !kind || !(mismatch.status === "open" || repaired)) return [];
    const { ours, theirs } = met.get(id) ?? { ours: null, theirs: null };
    return [{ kind, providerReference: item.providerReference, orderId: item.orderId, ours, theirs, repaired }];
  }));
}

async function writeFound(parts: ReconciliationParts, { day, run }: Span, { mismatchId, kind, item, ours, theirs }: Wrong): Promise<void> {
  const { providerReference, paymentId, orderId } = item;
  const provider = parts.provider.name;
  await must(parts.bus, recordMismatch, { type: "Find", mismatchId, day, provider, run, kind, providerReference, paymentId, orderId, ours, theirs });
}

async function writeSettled(parts: ReconciliationParts, { day, run }: Span, mismatchId: string, repaired: boolean): Promise<void> {
  await must(parts.bus, recordMismatch, { type: "Settle", mismatchId, day, provider: parts.provider.name, run, repaired });
}

/** What the primary refuses or cannot decide stays open and is reported; only a system that is away stops the run. */
async function repair({ bus, logger }: ReconciliationParts, command: PaymentCommand): Promise<void> {
  try {
    await must(bus, recordPayment, command);
  } catch (error) {
    if (error instanceof SystemError && !(error.cause instanceof Undecided)) throw error;
    logger.warn({ err: error, orderId: command.orderId, command: command.type }, "a difference from the provider's books could not be repaired");
  }
}

async function must<Input, Answer extends Json>(bus: CommandBus, definition: CommandDefinition<Input, Answer>, input: Input): Promise<void> {
  const { refusal } = await bus.execute(definition, input, envelope());
  if (refusal) throw new Error(`${definition.name} was refused: ${refusal.code}`);
}

/** What was decided before is not decided again by the streams themselves: a key of its own does no harm. */
export function envelope(): CommandEnvelope {
  return { actor: { role: "system", id: "reconciliation" }, idempotencyKey: newId() };
}
