export default {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  transform: { "^.+\\.ts$": ["@swc/jest", {
    sourceMaps: "inline",
    jsc: { parser: { syntax: "typescript", decorators: true }, target: "es2022", transform: { legacyDecorator: true, useDefineForClassFields: false } },
    module: { type: "es6" },
  }] },
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  globalSetup: "<rootDir>/test/support/global-setup.ts",
  globalTeardown: "<rootDir>/test/support/global-teardown.ts",
  // The embedded servers' own files: PostgreSQL has snapshots too, and they are none of jest's.
  modulePathIgnorePatterns: ["<rootDir>/.millrace/", "<rootDir>/dist"],
  testTimeout: 60_000,
  maxWorkers: 3, // on two cores: some wait while the others work
};
