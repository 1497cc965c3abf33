// SPDX-License-Identifier: MIT
// The example trains a network on real digits and reaches what it promises on those it never saw.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Conv2d, Flatten, Linear, load, Pool2d, Relu, Sequential } from "corr2d/learn";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root, run } from "../helpers/child.ts";
import { checkedIn, expectPictures } from "../helpers/pictures.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "corr2d-digits-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("examples/digits.mjs reads at least 97 % of handwritten digits after less than two minutes", async () => {
  const started = performance.now();
  const { code, stdout } = await run(process.execPath, ["examples/digits.mjs", folder], {
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

  const pictures = checkedIn.filter((name) => name.startsWith("digits-"));
  expect(readdirSync(folder).sort()).toEqual([...pictures, "digits.safetensors"].sort());
  await expectPictures(folder, pictures);
  const relu = () => new Relu();
  const model = new Sequential([
    ...[new Conv2d(1, 6, 5, { padding: 2 }), relu(), new Pool2d("max", 2)],
    ...[new Conv2d(6, 16, 5), relu(), new Pool2d("max", 2), new Flatten()],
    ...[new Linear(400, 120), relu(), new Linear(120, 84), relu(), new Linear(84, 10)],
  ]);
  load(model, readFileSync(join(folder, "digits.safetensors"))); // throws for what is not its weights
});

it("examples/digits/variants.mjs: ReLU learns where the sigmoid has hardly begun", async () => {
  const { code, stderr } = await run(process.execPath, [join(root, "examples/digits/variants.mjs")], {
    cwd: folder,
    timeout: 200_000,
  });
  expect([code, stderr]).toEqual([0, ""]); // it asserts its numbers itself
});
