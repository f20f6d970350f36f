import { posix } from "node:path";
import { fileURLToPath } from "node:url";

const src = fileURLToPath(new URL("../../src/", import.meta.url)).replaceAll("\\", "/");

/** Kinds of files in commands/ and projections/ that compute and do nothing else; so are those without a kind. */
const pureKinds = new Set(["decider", "rules", "steps", "projection", null]);

/**
 * What a path below src says about a file: `commands/orders/order.decider.ts` is of the area `commands`,
 * the context `orders` and the kind `decider`. A file beside the areas is an area of its own (`main`).
 */
export function sourceFile(path) {
  const segments = path.split("/");
  const name = segments.at(-1).replace(/\.[cm]?[jt]s$/, "");
  const [area, context = null] = segments.length === 1 ? [name] : segments.slice(0, -1);
  const kind = name.includes(".") ? name.slice(name.lastIndexOf(".") + 1) : null;
  return { path: posix.join(posix.dirname(path), name), area, context, kind, name };
}

/** Pure: the same input gives the same output, at every time and on every machine. */
export function isPure({ area, kind }) {
  if (area === "kernel" || area === "events") return true;
  return (area === "commands" || area === "projections") && pureKinds.has(kind);
}

/** The path of a linted file below src, with slashes; null for a file elsewhere. */
export function pathBelowSrc(filename) {
  const path = filename.replaceAll("\\", "/");
  return path.startsWith(src) ? path.slice(src.length) : null;
}
