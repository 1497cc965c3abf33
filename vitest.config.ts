// SPDX-License-Identifier: MIT
import { defineConfig } from "vitest/config";

/** Suites that pack, install, start a browser, train, or take their time over memory and threads. */
const slow = [
  "test/platform/package.test.ts",
  "test/platform/browser.test.ts",
  "test/platform/runtimes.test.ts",
  "test/learn/digits.test.ts",
  "test/plan/forgotten.test.ts",
  "test/backend/endurance.test.ts",
];

// Tests import what ships: dist/, through the package's own name, loaded by Node itself.
const server = { deps: { external: [/\/dist\//] } };

/** Where .ci/run wants its results, if it is what runs. */
const json = process.env.VITEST_JSON;

export default defineConfig({
  test: {
    reporters: json === undefined ? ["default"] : ["default", ["json", { outputFile: json }]],
    projects: [
      {
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: slow,
          server,
          testTimeout: 30_000,
          maxWorkers: "100%",
        },
      },
      {
        test: {
          name: "slow",
          include: slow,
          server,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
