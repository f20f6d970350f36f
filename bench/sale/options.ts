import { parseArgs } from "node:util";

export const parts = ["sale", "fifty", "by-hand"] as const;
export type Part = (typeof parts)[number];

export const usage = `npm run bench:sale -- [options] [${parts.join(" | ")} …]      without a part all are run
  --quiet 15          seconds of the quiet phase
  --spike 20          seconds of the spike
  --after 20          seconds of the quiet phase after it
  --full              a minute each
  --factor 2.2        the spike's rate, as a multiple of the capacity measured just before; at least 2
  --rate N            the spike's rate in clicks a second, whatever the capacity is
  --others 30         orders of other products a second, all the time
  --buyers 5000       customers, each with a token and an address of its own
  --warm 2000         connections that are open before the sale begins; more are opened as they are needed
  --connections 8000  connections that the load may hold; a click beyond them waits, and its waiting counts
  --capacity 5        seconds of each closed measurement
  --patience 30       seconds after which a buyer gives up
  --settle 120        seconds at most to let jobs be worked off between measurements
  --nice 0            by how much worker and projector yield to the api on the same cores, as a service manager can set it
  --set NAME=VALUE    a setting of api, worker and projector; may be repeated
  --profile DIR       writes a CPU profile of the api process there`;

export interface SaleOptions {
  readonly parts: ReadonlySet<Part>;
  readonly quietSeconds: number;
  readonly spikeSeconds: number;
  readonly afterSeconds: number;
  readonly factor: number;
  /** Null: `factor` times the capacity. */
  readonly spikeRate: number | null;
  readonly othersPerSecond: number;
  readonly buyers: number;
  readonly connectionsWarm: number;
  readonly connectionsMax: number;
  readonly capacitySeconds: number;
  readonly patienceSeconds: number;
  readonly settleSeconds: number;
  /** 0 to 19, as in nice(1). */
  readonly nice: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly profileDir: string | null;
}

/** @throws Error in one line where an option is wrong */
export function readOptions(args: readonly string[]): SaleOptions {
  const { values, positionals } = parseArgs({
    args: [...args], allowPositionals: true,
    options: {
      quiet: { type: "string", default: "15" }, spike: { type: "string", default: "20" }, after: { type: "string", default: "20" },
      full: { type: "boolean", default: false }, factor: { type: "string", default: "2.2" }, rate: { type: "string" },
      others: { type: "string", default: "30" }, buyers: { type: "string", default: "5000" }, warm: { type: "string", default: "2000" }, connections: { type: "string", default: "8000" },
      capacity: { type: "string", default: "5" }, patience: { type: "string", default: "30" }, settle: { type: "string", default: "120" }, nice: { type: "string", default: "0" },
      set: { type: "string", multiple: true, default: [] }, profile: { type: "string" },
    },
  });
  const unknown = positionals.filter((name) => !(parts as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(", ")}; there are: ${parts.join(", ")}.`);
  const seconds = (name: "quiet" | "spike" | "after"): number => (values.full ? 60 : positive(name, values[name]));
  return {
    parts: new Set(positionals.length === 0 ? parts : positionals as Part[]),
    quietSeconds: seconds("quiet"), spikeSeconds: seconds("spike"), afterSeconds: seconds("after"),
    factor: positive("factor", values.factor), spikeRate: values.rate === undefined ? null : positive("rate", values.rate),
    othersPerSecond: positive("others", values.others), buyers: positive("buyers", values.buyers),
    connectionsWarm: positive("warm", values.warm), connectionsMax: positive("connections", values.connections),
    capacitySeconds: positive("capacity", values.capacity), patienceSeconds: positive("patience", values.patience), settleSeconds: positive("settle", values.settle),
    nice: Math.min(19, Math.max(0, Number(values.nice) || 0)),
    settings: Object.fromEntries(values.set.map(settingOf)), profileDir: values.profile ?? null,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, found ${text}.`);
  return value;
}

function settingOf(text: string): [string, string] {
  const [name = "", ...value] = text.split("=");
  if (name === "" || value.length === 0) throw new Error(`--set must be NAME=VALUE, found ${text}.`);
  return [name, value.join("=")];
}
