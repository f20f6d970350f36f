import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";
import { lawOfImports } from "./scripts/lint/law-of-imports.mjs";
import { pure } from "./scripts/lint/pure.mjs";
import { sealedTruth } from "./scripts/lint/sealed-truth.mjs";

const millrace = { rules: { "law-of-imports": lawOfImports, pure, "sealed-truth": sealedTruth } };

const noDefaultExport = ["error", {
  selector: "ExportDefaultDeclaration",
  message: "Export it by name, so that it has the same name everywhere.",
}];

export default defineConfig(
  globalIgnores(["dist/", "coverage/", ".millrace/", "bench/results/"]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  { rules: { eqeqeq: "error", curly: ["error", "multi-line"], "no-var": "error", "prefer-const": "error", "object-shorthand": "error" } },

  {
    name: "typescript",
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "no-restricted-syntax": noDefaultExport,
      complexity: ["error", { max: 15, variant: "modified" }],
      "max-depth": ["error", 4],
      "max-lines": ["error", { max: 250, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 6],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      "@typescript-eslint/dot-notation": ["error", { allowIndexSignaturePropertyAccess: true }],
      "@typescript-eslint/no-extraneous-class": ["error", { allowWithDecorator: true }],
      // A row's or an answer's type is named where it is asked for: `query<OrderRow>(…)`.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // An adapter in memory keeps the promise of its port without waiting for anything.
      "@typescript-eslint/require-await": "off",
      // TypeGraphQL's classes are shapes: resolvers answer with plain rows.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      // Only a type alias fits `Json`: an interface could be widened later.
      "@typescript-eslint/consistent-type-definitions": "off",
      // A mapped type reads better with the name of its key.
      "@typescript-eslint/consistent-indexed-object-style": "off",
    },
  },

  {
    name: "the law of imports and purity",
    files: ["src/**/*.ts"],
    plugins: { millrace },
    rules: { "millrace/law-of-imports": "error", "millrace/pure": "error" },
  },
  {
    name: "the bench's chooser is blind for the truth",
    files: ["bench/couriers/**/*.ts"],
    plugins: { millrace },
    linterOptions: { noInlineConfig: true },
    rules: { "millrace/sealed-truth": "error" },
  },
  {
    name: "rules that nobody may switch off in a line, and switches that know every event",
    files: ["src/commands/**/*.{decider,steps}.ts", "src/projections/**/*.projection.ts"],
    linterOptions: { noInlineConfig: true },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": ["error", {
        allowDefaultCaseForExhaustiveSwitch: false, considerDefaultExhaustiveForUnions: false,
      }],
    },
  },
  { name: "no console", files: ["src/**/*.ts"], ignores: ["src/main.ts", "src/cli/**"], rules: { "no-console": "error" } },

  {
    name: "tests and benches",
    files: ["test/**/*.ts", "bench/**/*.ts"],
    rules: {
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": "off",
      // Answers of a server are what the test is about; an assertion says more of them than a type.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/unbound-method": "off",
    },
  },
  { name: "jest asks for a default export", files: ["test/support/global-*.ts"], rules: { "no-restricted-syntax": "off" } },

  {
    name: "plain JavaScript, run by Node as it is",
    files: ["**/*.{js,mjs}"],
    languageOptions: { globals: Object.fromEntries([
      "AbortController", "AbortSignal", "Buffer", "URL", "clearTimeout", "console", "fetch", "performance", "process", "setImmediate", "setTimeout", "structuredClone",
    ].map((name) => [name, "readonly"])) },
  },
);
