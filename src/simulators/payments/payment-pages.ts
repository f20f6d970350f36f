import type { SimulatorAnswer } from "../simulator-server.js";
import { invalid, unknownObject } from "./stripe-errors.js";
import type { StripeForm } from "./stripe-form.js";

export interface PageRequest<Item> {
  readonly form: StripeForm;
  readonly url: string;
  readonly kind: string;
  /** Newest first, those after that one; undefined where there is none of that id. */
  readonly from: (after: string | null) => Iterable<Item> | undefined;
  readonly createdOf: (item: Item) => number;
  readonly fits?: (item: Item) => boolean;
  readonly tell: (item: Item) => object;
}

/** Stripe's way of telling a list in pages: `limit`, `starting_after`, `created[gte]` and its siblings. @throws StripeProblem */
export function pageOf<Item>({ form, url, kind, from, createdOf, fits, tell }: PageRequest<Item>): SimulatorAnswer {
  const limit = limitOf(form), created = createdBounds(form), after = form.get("starting_after");
  const items = from(after);
  if (items === undefined) throw unknownObject(kind, after ?? "", "starting_after", true);
  const data: object[] = [];
  let more = false;
  for (const item of items) {
    const at = createdOf(item);
    if (at < created.from || at > created.to || fits?.(item) === false) continue;
    if (data.length === limit) {
      more = true;
      break;
    }
    data.push(tell(item));
  }
  return { status: 200, body: { object: "list", data, has_more: more, url } };
}

export function limitOf(form: StripeForm): number {
  const limit = Number(form.get("limit") ?? "10");
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw invalid("Invalid integer: limit", "limit", "parameter_invalid_integer");
  return limit;
}

/** @param before place of the last one that was told; null begins with the newest */
export function newestFirst<Item>(items: readonly Item[], before: number | null | undefined): Iterable<Item> | undefined {
  return before === undefined ? undefined : backwards(items, before ?? items.length);
}

function* backwards<Item>(items: readonly Item[], from: number): Generator<Item> {
  for (let place = from - 1; place >= 0; place -= 1) {
    const item = items[place];
    if (item !== undefined) yield item;
  }
}

/** Whole seconds, both ends included. */
function createdBounds(form: StripeForm): { readonly from: number; readonly to: number } {
  const bound = (name: string, otherwise: number): number => {
    const text = form.get(name);
    if (text === null) return otherwise;
    if (!/^\d{1,12}$/.test(text)) throw invalid(`Invalid integer: ${name}`, name, "parameter_invalid_integer");
    return Number(text);
  };
  const exactly = form.get("created");
  if (exactly !== null) return { from: bound("created", 0), to: bound("created", 0) };
  return {
    from: Math.max(bound("created[gte]", -Infinity), bound("created[gt]", -Infinity) + 1),
    to: Math.min(bound("created[lte]", Infinity), bound("created[lt]", Infinity) - 1),
  };
}
