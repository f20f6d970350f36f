import { posix } from "node:path";
import { judgeFile, judgePackage } from "./law.mjs";
import { isPure, pathBelowSrc, sourceFile } from "./source-file.mjs";

/** Exports of the kernel that look at the clock or throw dice: for those who act, never for those who decide. */
const impureExports = new Map([["kernel/ids", new Set(["newId"])]]);

/** Holds the law of imports (DESIGN, section 3) over every way in which a module can be named. */
export const lawOfImports = {
  meta: {
    type: "problem",
    docs: { description: "commands → events ← projections ← queries; kernel below all; platform knows no context" },
    messages: {
      forbidden: "The law of imports: {{from}} must not import {{to}}; {{law}}.",
      impure: "The law of imports: {{name}} of {{to}} is not pure; ids, time and chance come in with the command.",
      unknown: "The law of imports: a module is imported by a plain string here, so that the law can be checked.",
    },
    schema: [],
  },
  create(context) {
    const path = pathBelowSrc(context.filename);
    if (path === null) return {};
    const from = sourceFile(path);

    function check(node, source, { typeOnly, names }) {
      const specifier = textOf(source);
      if (specifier === null) {
        if (from.area !== "main" && from.area !== "cli") context.report({ node, messageId: "unknown" });
        return;
      }
      const target = targetOf(path, specifier);
      const law = judge(from, target, typeOnly);
      if (law) context.report({ node, messageId: "forbidden", data: { from: `src/${path}`, to: target.label, law } });
      const impure = isPure(from) && from.area !== "kernel" && target.file ? impureExports.get(target.file.path) : undefined;
      for (const name of impure && !typeOnly ? names : []) {
        if (name === "*" || impure.has(name)) context.report({ node, messageId: "impure", data: { name, to: target.label } });
      }
    }

    return {
      ImportDeclaration: (node) => check(node, node.source, {
        typeOnly: node.importKind === "type" || isAllTypes(node.specifiers, "importKind"),
        names: node.specifiers.map((specifier) => nameOf(specifier.imported)),
      }),
      ExportNamedDeclaration: (node) => node.source && check(node, node.source, {
        typeOnly: node.exportKind === "type" || isAllTypes(node.specifiers, "exportKind"),
        names: node.specifiers.map((specifier) => nameOf(specifier.local)),
      }),
      ExportAllDeclaration: (node) => check(node, node.source, { typeOnly: node.exportKind === "type", names: ["*"] }),
      ImportExpression: (node) => check(node, node.source, { typeOnly: false, names: ["*"] }),
      TSImportType: (node) => check(node, node.source ?? node.argument, { typeOnly: true, names: [] }),
      TSExternalModuleReference: (node) => check(node, node.expression, { typeOnly: false, names: ["*"] }),
      "CallExpression[callee.name='require']": (node) => check(node, node.arguments[0], { typeOnly: false, names: ["*"] }),
    };
  },
};

function judge(from, target, typeOnly) {
  if (target.file) return judgeFile(from, target.file, typeOnly);
  if (target.package) return judgePackage(from, target.package, typeOnly);
  return from.area === "main" ? null : "src imports nothing of the repository outside src";
}

/** Where a specifier leads: to a file of src, a package, or (neither) somewhere it should not. */
function targetOf(path, specifier) {
  if (!/^([./#]|file:|data:)/.test(specifier)) return { package: specifier, label: `"${specifier}"` };
  const resolved = posix.join(posix.dirname(path), specifier);
  if (!specifier.startsWith(".") || resolved.startsWith("..")) return { label: `"${specifier}"` };
  return { file: sourceFile(resolved), label: `src/${resolved.replace(/\.js$/, ".ts")}` };
}

function isAllTypes(specifiers, property) {
  return specifiers.length > 0 && specifiers.every((specifier) => specifier[property] === "type");
}

/** The name that a specifier takes from the other module; `*` for all of it and for its default. */
function nameOf(node) {
  return node?.name ?? node?.value ?? "*";
}

/** The module's name, or what is certain of a package's that is put together (`@scope/${platform}`). */
function textOf(node) {
  if (node?.type === "TSLiteralType") return textOf(node.literal);
  if (node?.type === "TemplateLiteral") {
    const start = node.quasis[0].value.cooked;
    return node.expressions.length === 0 || /^@[^/]+\//.test(start) ? start : null;
  }
  return typeof node?.value === "string" ? node.value : null;
}
