import { isPure } from "./source-file.mjs";

/** What may import what, as one sentence an area; the sentence is the message. */
const sentences = {
  kernel: "the kernel is below all: it imports the kernel, `node:crypto`, `uuid` and `currency-codes` (a list), nothing else",
  events: "events import only events and the kernel",
  platform: "platform knows no context: it imports platform and the kernel (and platform/alerts the events of operations)",
  gateways: "gateways import gateways, platform, events and the kernel",
  simulators: "simulators import simulators, platform, events, the kernel, and of gateways only the signature code",
  commands: "commands import their own context, gateways, platform, events and the kernel; another context is reached by its events, or by its *.steps.ts",
  projections: "projections import their own context, platform, events and the kernel",
  queries: "queries import their own context, another's *.type.ts and *.loader.ts, projections, platform, events and the kernel",
};

const purity = {
  decider: "a decider imports only events, the kernel, pure files of its own context, and types of its write state",
  rules: "rules are a part of a decider: they import only events, the kernel, pure files of their own context, and types of its write state",
  steps: "steps import only events, the kernel, other steps, and pure files and the write state of their own context",
  projection: "a projection imports only events, the kernel and pure files of its own context; of its tables and of platform only types",
  plain: "a file of commands without a kind in its name is pure (a verb): it imports events, the kernel, steps, pure files and the write state of its own context, otherwise only types. What acts has a kind: *.job.ts, *.process.ts, *.mutations.ts …",
};

const kernelPackages = new Set(["node:crypto", "uuid", "currency-codes"]);

const areas = {
  kernel: (_from, to) => to.area === "kernel",
  events: (_from, to) => isAny(to, "events", "kernel"),
  platform: (from, to) => isAny(to, "platform", "kernel")
    || (from.path.startsWith("platform/alerts/") && to.path === "events/operations"),
  gateways: (_from, to) => isAny(to, "gateways", "platform", "events", "kernel"),
  simulators: (_from, to) => isAny(to, "simulators", "platform", "events", "kernel")
    || (to.area === "gateways" && /signature/i.test(to.name)),
  commands: (from, to) => isAny(to, "gateways", "platform", "events", "kernel")
    || (to.area === "commands" && (to.context === from.context || to.kind === "steps")),
  projections: (from, to) => isAny(to, "platform", "events", "kernel")
    || (to.area === "projections" && to.context === from.context),
  queries: (from, to) => isAny(to, "projections", "platform", "events", "kernel")
    || (to.area === "queries" && (to.context === from.context || to.kind === "type" || to.kind === "loader")),
};

/**
 * Judges one import of a file of src.
 * @param from the importing file, as `sourceFile` describes it
 * @param to the imported file of src
 * @param typeOnly whether nothing of the import is left at run time
 * @returns the law's sentence where the import breaks it, otherwise null
 */
export function judgeFile(from, to, typeOnly) {
  if (from.area === "main") return null;
  if (to.area === "main") return "nobody imports main.ts, the composition root";
  if (from.area === "cli") return null;
  if (to.area === "cli") return "only main.ts imports cli, which is part of the composition root";
  const allows = areas[from.area];
  if (!allows) return `src/${from.area} has no place in the layout (DESIGN, section 3)`;
  if (!allows(from, to)) return sentences[from.area];
  return isPure(from) && !keepsPure(from, to, typeOnly) ? purity[from.kind ?? plainOf(from)] : null;
}

/** Judges the import of a package or of a part of Node. */
export function judgePackage(from, name, typeOnly) {
  if (from.area === "kernel") return kernelPackages.has(name) ? null : sentences.kernel;
  if (from.area === "events") return sentences.events;
  if (!isPure(from) || (from.kind === null && typeOnly)) return null;
  return purity[from.kind ?? plainOf(from)];
}

function keepsPure(from, to, typeOnly) {
  if (isAny(to, "events", "kernel")) return true;
  if (from.area === "projections") return typeOnly || (to.area === "projections" && isPure(to));
  if (from.kind === null && typeOnly) return true;
  if (to.area !== "commands") return false;
  const decides = from.kind === "decider" || from.kind === "rules";
  if (to.context !== from.context) return !decides;
  if (to.kind === "write-state") return !decides || typeOnly;
  return isPure(to);
}

function plainOf({ area }) {
  return area === "projections" ? "projection" : "plain";
}

function isAny({ area }, ...names) {
  return names.includes(area);
}
