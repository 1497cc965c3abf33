// SPDX-License-Identifier: MIT
// The example trains a network on real digits and reaches what it promises on those it never saw.
import { expect, it } from "vitest";
import { root, run } from "./child.ts";

it("examples/digits.mjs reads at least 97 % of handwritten digits after less than two minutes", async () => {
  const started = performance.now();
  const { code, stdout } = await run(process.execPath, ["examples/digits.mjs"], {
    cwd: root,
    timeout: 200_000,
  });
  expect(code).toBe(0);
  const [, before] = /accuracy before ([\d.]+) %/.exec(stdout) ?? [];
  const [, after, count] = /accuracy ([\d.]+) % on (\d+) digits/.exec(stdout) ?? [];
  expect(Number(before)).toBeLessThan(30);
  expect(Number(after)).toBeGreaterThanOrEqual(97);
  expect(Number(count)).toBeGreaterThanOrEqual(2000);
  expect(stdout).toMatch(/^total +61 706 +833 040$/m);
  expect(performance.now() - started).toBeLessThan(120_000);
});
