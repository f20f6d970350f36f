import { posix } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url)).replaceAll("\\", "/");
/** The chooser's driver in the bench, and the words in which couriers report to it. */
const blind = /^bench\/couriers\/(ours\/|reports\.ts$)/;
/** Neither can name another file, so the truth is no step further away either: what is listed here holds none. */
const seen = /^(bench\/couriers\/(ours\/[^/]+|reports)|src\/(commands\/shipping\/choice|kernel)\/[^/]+)\.js$/;

/** The chooser learns what couriers report: in the bench its driver can reach neither the season's truth nor the simulators. */
export const sealedTruth = {
  meta: {
    type: "problem",
    docs: { description: "bench/couriers/ours sees reports, never the truth" },
    messages: { forbidden: "{{to}} is out of the chooser's reach: its driver imports the chooser, the couriers' reports and nothing else, or the bench would measure what it was told." },
    schema: [],
  },
  create(context) {
    const filename = context.filename.replaceAll("\\", "/");
    const path = filename.startsWith(root) ? filename.slice(root.length) : null;
    if (path === null || !blind.test(path)) return {};

    function check(node, source) {
      const specifier = source?.type === "TSLiteralType" ? source.literal.value : source?.value;
      const target = typeof specifier === "string" && specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : null;
      if (target === null || !seen.test(target)) context.report({ node, messageId: "forbidden", data: { to: typeof specifier === "string" ? `"${specifier}"` : "What is put together" } });
    }

    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => node.source && check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument),
      TSExternalModuleReference: (node) => check(node, node.expression),
      "CallExpression[callee.name='require']": (node) => check(node, node.arguments[0]),
      "Identifier[name=/^(process|globalThis|global)$/]": (node) => check(node, { value: node.name }),
    };
  },
};
