import type { PrimaryReader } from "../../platform/http/request-context.js";
import type { Onward, Turn } from "../../platform/invariants/walk-cursor.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import type { InvariantCardRow } from "../../projections/operations/invariant-card.projection.js";
import { invariantCardTable } from "../../projections/operations/invariant-card.table.js";
import { judgeStock, stockLaw } from "./invariant-stock.js";
import { changedAt, isSameState, type OrderPicture } from "./invariant-picture.js";
import { orderLaws, type Law } from "./invariant-laws.js";
import { readPictures, type Named } from "./invariant-rows.reader.js";
import { readTruth } from "./invariant-truth.reader.js";

/** What a step found: null in `found` where a law that was broken holds again. */
export interface Verdict {
  readonly law: string;
  readonly key: string;
  readonly found: string | null;
}

export interface WalkParts {
  readonly node: ReadNode;
  readonly primary: PrimaryReader;
  /** An order's payment has this id. */
  readonly paymentIdOf: (orderId: string) => string;
  /** What changed less than that long ago is left for the next walk: it may still be on its way. */
  readonly graceMs: number;
  /** Rows a step. */
  readonly pageRows: number;
}

/** Suspects that are looked at on the primary in one step; the next step goes on behind the last of them. */
const suspectsMax = 50;

/** Rows of one kind, in the order of their keys. */
const legs = {
  orders: { projection: "order_card", key: "order_id", select: "order_id", where: "" },
  payments: { projection: "payment_card", key: "payment_id", select: "order_id", where: "" },
  parcels: { projection: "shipment_card", key: "shipment_id", select: "order_id", where: "" },
  reservations: { projection: "reservation_card", key: "reservation_id", select: "order_id", where: "AND order_id IS NOT NULL" },
  stock: { projection: "stock_level", key: "sku", select: "sku", where: "" },
} as const;

type Leg = keyof typeof legs;
const order = Object.keys(legs) as readonly Leg[];
export const firstLeg: Leg = "orders";

/** One step over a node's rows: a page of them, judged; what looks wrong is looked at again, on the primary, before it counts. */
export async function walkStep(parts: WalkParts, { leg: name, after, now }: Turn): Promise<{ verdicts: readonly Verdict[]; onward: Onward; looked: number }> {
  const leg = order.find((each) => each === name) ?? firstLeg;
  const page = await readPage(parts, leg, after);
  const { verdicts, lookedTo } = leg === "stock" ? { verdicts: await judgeStock(parts, page.map(({ key }) => key)), lookedTo: null } : await judgeOrders(parts, page, leg, now);
  const last = lookedTo ?? page.at(-1)?.key ?? after;
  if (lookedTo !== null || page.length === parts.pageRows) return { verdicts, onward: { leg, after: last, walked: false }, looked: page.length };
  const next = order[order.indexOf(leg) + 1];
  return { verdicts, onward: { leg: next ?? firstLeg, after: "", walked: next === undefined }, looked: page.length };
}

interface PageRow {
  readonly key: string;
  readonly orderId: string;
}

function readPage({ node, pageRows }: WalkParts, leg: Leg, after: string): Promise<readonly PageRow[]> {
  const { projection, key, select, where } = legs[leg];
  return node.query<PageRow & Record<string, unknown>>({
    name: `invariant_page_${leg}`,
    text: `SELECT ${key} AS key, ${select} AS "orderId" FROM ${node.tableOf(projection)} WHERE ${key} > $1 ${where} ORDER BY ${key} LIMIT $2`, values: [after, pageRows],
  });
}

async function judgeOrders(parts: WalkParts, page: readonly PageRow[], leg: Leg, now: Date): Promise<{ verdicts: Verdict[]; lookedTo: string | null }> {
  const { node, graceMs } = parts;
  const named = page.map(({ key, orderId }): Named => (leg === "reservations" ? { orderId, reservationId: key } : { orderId }));
  const isOld = (picture: OrderPicture): boolean => now.getTime() - changedAt(picture) >= graceMs;
  const pictures = new Map((await readPictures(node, named)).map((picture) => [picture.orderId, picture]));
  const open = Map.groupBy(await readOpen(node, [...pictures.keys()]), ({ key }) => key);
  const verdicts: Verdict[] = [];
  let suspects = 0;
  for (const { key, orderId } of page) {
    const picture = pictures.get(orderId);
    // An order of several rows is judged at the first of them.
    if (!picture || !isOld(picture)) continue;
    pictures.delete(orderId);
    const broken = orderLaws.filter(({ judge }) => judge(picture) !== null);
    if (broken.length === 0 && !open.has(orderId)) continue;
    const found = broken.length === 0 ? [] : await lookAgain(parts, picture, isOld);
    if (found === null) continue;
    verdicts.push(...found, ...mended(open.get(orderId) ?? [], found));
    suspects += 1;
    if (suspects === suspectsMax && key !== page.at(-1)?.key) return { verdicts, lookedTo: key };
  }
  return { verdicts, lookedTo: null };
}

/** The primary's own word on a suspect. Null where it cannot be told yet: the next walk comes by. */
async function lookAgain({ node, primary, paymentIdOf }: WalkParts, suspect: OrderPicture, isOld: (picture: OrderPicture) => boolean): Promise<Verdict[] | null> {
  const { orderId } = suspect;
  const { picture, underWay } = await readTruth(primary, suspect, paymentIdOf(orderId));
  if (!isOld(picture)) return null;
  const wrong = orderLaws.map((law) => verdictOf(law, picture)).filter((verdict) => verdict !== null);
  const isExplained = ({ law }: Verdict): boolean => underWay && orderLaws.some(({ name, explicable }) => name === law && explicable);
  if (wrong.length > 0) return wrong.filter((verdict) => !isExplained(verdict));
  // The log is right: then the node's rows are not what it says, unless they are behind it.
  const [again] = await readPictures(node, [{ orderId }, ...suspect.reservations.map(({ reservationId }) => ({ orderId, reservationId }))]);
  const still = again && orderLaws.map((law) => verdictOf(law, again)).find((verdict) => verdict !== null);
  if (!still) return [];
  return isSameState(again, picture) ? [{ law: rowsLawOf(node), key: orderId, found: `${still.law}: ${still.found ?? ""}; the log says otherwise` }] : null;
}

/** The node's rows are what the log says. */
function rowsLawOf({ name }: ReadNode): string {
  return `rows_of_${name}`;
}

function verdictOf({ name, judge }: Law, picture: OrderPicture): Verdict | null {
  const found = judge(picture);
  return found === null ? null : { law: name, key: picture.orderId, found };
}

function mended(open: readonly InvariantCardRow[], found: readonly Verdict[]): Verdict[] {
  return open.filter(({ law }) => law !== stockLaw && !found.some((verdict) => verdict.law === law)).map(({ law, key }) => ({ law, key, found: null }));
}

export function readOpen(node: ReadNode, keys: readonly string[]): Promise<readonly InvariantCardRow[]> {
  return readRows<InvariantCardRow>(node, invariantCardTable, "invariants_open", "WHERE broken AND key = ANY($1::text[])", [keys]);
}
