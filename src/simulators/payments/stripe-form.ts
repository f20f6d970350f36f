import { hash } from "node:crypto";
import { invalid } from "./stripe-errors.js";

/** Stripe's own limits of metadata. */
const metadataMax = { keys: 50, keyLength: 40, valueLength: 500 };

/** Stripe's own limit of an amount. */
const amountMax = 99_999_999;

/** The parameters of a call, form-encoded: `metadata[order_id]=…&expand[0]=latest_charge`. */
export class StripeForm {
  readonly #text: string;
  readonly #entries: URLSearchParams;

  constructor(text: string | URLSearchParams) {
    this.#text = String(text);
    this.#entries = new URLSearchParams(text);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** True for `name[]=…` as well as `name[0]=…`. */
  hasList(name: string): boolean {
    return this.has(`${name}[]`) || this.has(`${name}[0]`);
  }

  get(name: string): string | null {
    return this.#entries.get(name);
  }

  /** @throws StripeProblem where a parameter is none of these: real Stripe would refuse it too */
  expectOnly(known: ReadonlySet<string>): void {
    for (const name of this.#entries.keys()) {
      const bracket = name.indexOf("[");
      const base = bracket < 0 ? name : name.slice(0, bracket);
      if (!known.has(base)) throw invalid(`Received unknown parameter: ${base}`, base, "parameter_unknown");
    }
  }

  /** An amount that is more than 0. @throws StripeProblem */
  amount(name: string): number {
    const text = this.get(name) ?? "";
    if (!this.has(name)) throw invalid(`Missing required param: ${name}.`, name, "parameter_missing");
    if (!/^\d{1,15}$/.test(text)) throw invalid(`Invalid integer: ${name}`, name, "parameter_invalid_integer");
    const amount = Number(text);
    if (amount < 1) throw invalid("This value must be greater than or equal to 1.", name, "parameter_invalid_integer");
    if (amount > amountMax) throw invalid("Amount must be no more than 999,999.99", name, "amount_too_large");
    return amount;
  }

  flag(name: string): boolean {
    const text = this.get(name) ?? "false";
    if (text !== "true" && text !== "false") throw invalid(`Invalid boolean: ${name}`, name);
    return text === "true";
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice | null {
    const text = this.get(name);
    if (text === null) return null;
    const choice = choices.find((each) => each === text);
    if (choice === undefined) throw invalid(`Invalid ${name}: must be one of ${choices.join(", ")}`, name);
    return choice;
  }

  metadata(): Record<string, string> {
    const metadata: Record<string, string> = {};
    let keys = 0;
    for (const [name, value] of this.#entries) {
      if (!name.startsWith("metadata[") || !name.endsWith("]")) continue;
      const key = name.slice("metadata[".length, -1);
      if ((keys += 1) > metadataMax.keys) throw invalid(`Metadata can have up to ${metadataMax.keys} keys.`, "metadata");
      if (key.length > metadataMax.keyLength) throw invalid(`Metadata keys can have up to ${metadataMax.keyLength} characters.`, "metadata");
      if (value.length > metadataMax.valueLength) throw invalid(`Metadata values can have up to ${metadataMax.valueLength} characters.`, "metadata");
      metadata[key] = value;
    }
    return metadata;
  }

  /** What is to be told whole rather than by its id. @throws StripeProblem naming one that is none of these */
  expand(possible: readonly string[]): ReadonlySet<string> {
    const wanted = new Set<string>();
    for (const [name, value] of this.#entries) {
      if (!name.startsWith("expand[")) continue;
      if (!possible.includes(value)) throw invalid(`This property cannot be expanded (${value}).`, "expand");
      wanted.add(value);
    }
    return wanted;
  }

  /** Of everything that was said, in whatever order. */
  digest(path: string): string {
    return hash("sha1", `${path}\n${this.#text.split("&").sort().join("&")}`, "hex");
  }
}
