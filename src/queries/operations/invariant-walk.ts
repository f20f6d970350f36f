import type { PrimaryReader } from "../../platform/http/request-context.js";
import type { Onward, Turn } from "../../platform/invariants/walk-cursor.js";
import { readRows } from "../../platform/projector/read-rows.js";
import type { ReadNode } from "../../platform/projector/read-node.js";
import type { InvariantCardRow } from "../../projections/operations/invariant-card.projection.js";
import { invariantCardTable } from "../../projections/operations/invariant-card.table.js";
import { judgeStock } from "./invariant-stock.js";
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

interface LegOfWalk {
  readonly projection: string;
  readonly key: string;
  /** What is judged of a row's order; every law where absent. */
  readonly laws?: readonly string[];
}

/** Rows of one kind, in the order of their keys. All laws are judged at the order's own row; the others tell of orders that there are not. */
const legs = {
  orders: { projection: "order_card", key: "order_id" },
  payments: { projection: "payment_card", key: "payment_id", laws: ["order_exists"] },
  parcels: { projection: "shipment_card", key: "shipment_id", laws: ["order_exists"] },
  reservations: { projection: "reservation_card", key: "reservation_id", laws: ["order_exists", "reservation_is_claimed"] },
  stock: { projection: "stock_level", key: "sku", laws: [] },
} as const satisfies Record<string, LegOfWalk>;

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
  /** Null where its order need not be looked at. */
  readonly orderId: string | null;
}

/** Of payments and parcels only those whose order is not there; of reservations those that an order took over. */
const orderIdOf: Readonly<Record<Leg, string>> = {
  orders: "r.order_id", payments: "CASE WHEN o.order_id IS NULL THEN r.order_id END", parcels: "CASE WHEN o.order_id IS NULL THEN r.order_id END",
  reservations: "r.order_id", stock: "NULL::text",
};

function readPage({ node, pageRows }: WalkParts, leg: Leg, after: string): Promise<readonly PageRow[]> {
  const { projection, key } = legs[leg];
  const orders = leg === "payments" || leg === "parcels" ? `LEFT JOIN ${node.tableOf("order_card")} o USING (order_id)` : "";
  return node.query<PageRow & Record<string, unknown>>({
    name: `invariant_page_${leg}`,
    text: `SELECT r.${key} AS key, ${orderIdOf[leg]} AS "orderId" FROM (SELECT * FROM ${node.tableOf(projection)} WHERE ${key} > $1 ORDER BY ${key} LIMIT $2) r ${orders} ORDER BY r.${key}`,
    values: [after, pageRows],
  });
}

async function judgeOrders(parts: WalkParts, page: readonly PageRow[], leg: Leg, now: Date): Promise<{ verdicts: Verdict[]; lookedTo: string | null }> {
  const { node, graceMs } = parts;
  const judging: Judging = { laws: lawsOf(legs[leg]), isOld: (picture) => now.getTime() - changedAt(picture) >= graceMs };
  const named = page.flatMap(({ key, orderId }): Named[] => (orderId === null ? [] : [leg === "reservations" ? { orderId, reservationId: key } : { orderId }]));
  const pictures = new Map((await readPictures(node, named)).map((picture) => [picture.orderId, picture]));
  const open = Map.groupBy(await readOpen(node, [...pictures.keys()]), ({ key }) => key);
  const verdicts: Verdict[] = [];
  let suspects = 0;
  for (const { key, orderId } of page) {
    const picture = orderId === null ? undefined : pictures.get(orderId);
    // An order of several rows is judged at the first of them.
    if (!picture || !judging.isOld(picture)) continue;
    pictures.delete(picture.orderId);
    const verdictsOf = await judgeOrder(parts, picture, judging, open.get(picture.orderId) ?? []);
    if (verdictsOf === null) continue;
    verdicts.push(...verdictsOf);
    suspects += 1;
    if (suspects === suspectsMax && key !== page.at(-1)?.key) return { verdicts, lookedTo: key };
  }
  return { verdicts, lookedTo: null };
}

interface Judging {
  readonly laws: readonly Law[];
  readonly isOld: (picture: OrderPicture) => boolean;
}

function lawsOf({ laws }: LegOfWalk): readonly Law[] {
  return laws === undefined ? orderLaws : orderLaws.filter(({ name }) => laws.includes(name));
}

/** Null where there is nothing to say of it, or not yet. */
async function judgeOrder(parts: WalkParts, picture: OrderPicture, judging: Judging, open: readonly InvariantCardRow[]): Promise<readonly Verdict[] | null> {
  const broken = judging.laws.some(({ judge }) => judge(picture) !== null);
  if (!broken && open.length === 0) return null;
  const found = broken ? await lookAgain(parts, picture, judging) : [];
  if (found === null) return null;
  const judged = new Set([...judging.laws.map(({ name }) => name), ...(judging.laws === orderLaws ? [rowsLawOf(parts.node)] : [])]);
  const mended = open.filter(({ law }) => judged.has(law) && !found.some((verdict) => verdict.law === law));
  return [...found, ...mended.map(({ law, key }) => ({ law, key, found: null }))];
}

/** The primary's own word on a suspect. Null where it cannot be told yet: the next walk comes by. */
async function lookAgain({ node, primary, paymentIdOf }: WalkParts, suspect: OrderPicture, { laws, isOld }: Judging): Promise<Verdict[] | null> {
  const { orderId } = suspect;
  const { picture, underWay } = await readTruth(primary, suspect, paymentIdOf(orderId));
  if (!isOld(picture)) return null;
  const wrong = laws.filter(({ judge }) => judge(picture) !== null);
  if (wrong.length > 0) return wrong.filter(({ explicable }) => !explicable || !underWay).map(({ name, judge }) => ({ law: name, key: orderId, found: judge(picture) }));
  // The log is right: then the node's rows are not what it says, unless they are behind it.
  const [again] = await readPictures(node, [{ orderId }, ...suspect.reservations.map(({ reservationId }) => ({ orderId, reservationId }))]);
  const still = again && laws.find(({ judge }) => judge(again) !== null);
  if (!still) return [];
  return isSameState(again, picture) ? [{ law: rowsLawOf(node), key: orderId, found: `${still.name}: ${still.judge(again) ?? ""}; the log says otherwise` }] : null;
}

/** The node's rows are what the log says. */
function rowsLawOf({ name }: ReadNode): string {
  return `rows_of_${name}`;
}

function readOpen(node: ReadNode, keys: readonly string[]): Promise<readonly InvariantCardRow[]> {
  return readRows<InvariantCardRow>(node, invariantCardTable, "invariants_open", "WHERE broken AND key = ANY($1::text[])", [keys]);
}
