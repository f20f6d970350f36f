import { isPure, pathBelowSrc, sourceFile } from "./source-file.mjs";

/** Everything that Node puts into the global scope and that differs from run to run, or does something. */
const impureGlobals = new Set([
  "process", "global", "globalThis", "console", "performance", "crypto", "fetch", "navigator", "require", "Temporal",
  "setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate", "queueMicrotask",
  "Promise", "Intl", "WebSocket", "EventSource", "BroadcastChannel", "MessageChannel", "Worker", "XMLHttpRequest",
  "localStorage", "sessionStorage", "SharedArrayBuffer", "Atomics", "eval", "Function",
]);

/** Keeps clock, chance, machine and waiting out of the files that decide and fold (DESIGN, section 4). */
export const pure = {
  meta: {
    type: "problem",
    docs: { description: "deciders, steps, verbs, projections, events and the kernel are pure" },
    messages: {
      clock: "This file is pure: no clock. The time comes in with the command (`unit.now`) or the event.{{hint}}",
      chance: "This file is pure: no Math.random. Chance and ids come in with the command.{{hint}}",
      global: "This file is pure: no `{{name}}`.{{hint}}",
      waiting: "This file is pure: nothing is awaited here. What must be loaded is named by the command's needs.{{hint}}",
      state: "This file is pure: a variable of the module would be remembered from one call to the next.{{hint}}",
      module: "This file is pure: no `import.meta`, its place on the disk is no input.{{hint}}",
    },
    schema: [],
  },
  create(context) {
    const path = pathBelowSrc(context.filename);
    const file = path === null ? null : sourceFile(path);
    if (!file || !isPure(file)) return {};
    // Commands get their times as text; the kernel and projections may take such a text apart.
    const mayReadDates = file.area !== "commands";
    // Without a kind in its name a file counts as pure; whoever meant otherwise is told how to say so.
    const hint = file.kind === null && file.context !== null && file.area !== "kernel"
      ? " What acts has its kind in its name: *.job.ts, *.process.ts, *.mutations.ts, *.reader.ts …" : "";
    const report = (node, messageId, data = {}) => context.report({ node, messageId, data: { ...data, hint } });

    function checkGlobal({ identifier }) {
      const { name, parent } = identifier;
      if (name === "Date" && !(mayReadDates && readsGivenDate(identifier, parent))) report(identifier, "clock");
      if (name === "Math" && mayBeRandom(identifier, parent)) report(parent, "chance");
      if (impureGlobals.has(name)) report(identifier, "global", { name });
    }

    const reportWaiting = (node) => report(node, "waiting");
    return {
      Program(program) {
        for (const scope of context.sourceCode.scopeManager.scopes) {
          scope.references.filter(isGlobalValue).forEach(checkGlobal);
        }
        for (const statement of program.body) {
          const { type, kind, declare } = statement.declaration ?? statement;
          if (type === "VariableDeclaration" && kind !== "const" && !declare) report(statement, "state");
        }
      },
      AwaitExpression: reportWaiting,
      "ForOfStatement[await=true]": reportWaiting,
      ":function[async=true]": reportWaiting,
      ImportExpression: reportWaiting,
      MetaProperty(node) {
        if (node.meta.name === "import") report(node, "module");
      },
    };
  },
};

/** A name that no line of the file declares, used as a value. */
function isGlobalValue(reference) {
  return reference.isValueReference !== false && (!reference.resolved || reference.resolved.defs.length === 0);
}

/** `Date.parse(x)`, `Date.UTC(…)` and `new Date(x)` depend on what is given; everything else on the clock. */
function readsGivenDate(identifier, parent) {
  if (parent.type === "NewExpression" && parent.callee === identifier) {
    return parent.arguments.length > 0 && parent.arguments[0].type !== "SpreadElement";
  }
  return parent.type === "MemberExpression" && !parent.computed && ["parse", "UTC"].includes(parent.property.name);
}

/** `Math.random`, and every use of `Math` that hides which of its functions is meant. */
function mayBeRandom(identifier, parent) {
  const isPlain = parent.type === "MemberExpression" && parent.object === identifier && !parent.computed;
  return !isPlain || parent.property.name === "random";
}
