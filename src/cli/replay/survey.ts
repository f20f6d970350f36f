import { createHash } from "node:crypto";
import { readBasket, type Basket } from "./basket.js";
import { fileLines } from "./file-lines.js";
import { ReplayError } from "./replay-error.js";

/** Lines a file may have: what is kept of each while it is replayed takes some 200 bytes. */
export const fileLinesMax = 1_000_000;
/** Different words that are no products and are remembered by name. */
const namesMax = 1_000;
const nameLengthMax = 60;

/** The part of a file that is replayed, both ends included. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

export interface Unusable {
  readonly line: number;
  readonly reason: string;
}

/** What stands in a file, found by reading it once before anything is ordered. */
export interface Survey {
  /** Begin of the SHA-256 over its bytes: two files with one content are one. */
  readonly fileId: string;
  readonly linesTotal: number;
  /** Lines of the whole file that make an order. */
  readonly usable: ReadonlySet<number>;
  /** Units wanted of each product by the whole file, so that it does not depend on the part that is replayed. */
  readonly demand: ReadonlyMap<string, number>;
  /** Of the range: lines that make no order. */
  readonly unusable: readonly Unusable[];
  /** Of the range: words that are no products, how often, and where first. */
  readonly notProducts: ReadonlyMap<string, { readonly count: number; readonly firstLine: number }>;
}

/** @throws ReplayError where it has too many lines; Node's own error where it cannot be read */
export async function survey(path: string, range: LineRange): Promise<Survey> {
  const hash = createHash("sha256");
  const usable = new Set<number>();
  const demand = new Map<string, number>();
  const unusable: Unusable[] = [];
  const notProducts = new Map<string, { count: number; firstLine: number }>();
  let linesTotal = 0;
  for await (const fileLine of fileLines(path, (bytes) => hash.update(bytes))) {
    const { line, items, problem, notProducts: words } = readBasket(fileLine);
    linesTotal = line;
    if (line > fileLinesMax) throw new ReplayError(`${path} has more than ${fileLinesMax} lines: split it.`);
    if (problem === null) usable.add(line);
    for (const { sku, quantity } of items) demand.set(sku, (demand.get(sku) ?? 0) + quantity);
    if (!isWithin(range, line)) continue;
    if (problem !== null) unusable.push({ line, reason: problem });
    for (const word of words) nameWord(notProducts, word, line);
  }
  return { fileId: hash.digest("hex").slice(0, 16), linesTotal, usable, demand, unusable, notProducts };
}

function nameWord(names: Map<string, { count: number; firstLine: number }>, word: string, line: number): void {
  const name = word.slice(0, nameLengthMax);
  const known = names.get(name);
  if (known) known.count += 1;
  else if (names.size < namesMax) names.set(name, { count: 1, firstLine: line });
}

/** The orders that the range makes, one by one. */
export async function* baskets(path: string, range: LineRange): AsyncGenerator<Basket, void, undefined> {
  for await (const fileLine of fileLines(path)) {
    if (fileLine.number > range.last) return;
    if (!isWithin(range, fileLine.number)) continue;
    const basket = readBasket(fileLine);
    if (basket.problem === null) yield basket;
  }
}

function isWithin({ first, last }: LineRange, line: number): boolean {
  return line >= first && line <= last;
}
