// SPDX-License-Identifier: MIT
// The examples run, and print what their comments say.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "corr2d-examples-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
const example = (name: string) => join(root, "examples", name);

it("first-steps.mjs", () => {
  const lines = run(example("first-steps.mjs")).split("\n");
  expect(lines.slice(0, 3)).toEqual(["[ [ 19, 25 ], [ 37, 43 ] ]", "[ [ 5, 11 ], [ 23, 29 ] ]", "[ 3, 3 ]"]);
  expect(lines).toContain("[ -4, -4, 0, 0, 4, 4 ]");
});

it("layer.mjs", () => {
  const lines = run(example("layer.mjs")).trim().split("\n");
  expect(lines[0]).toBe("[ 1, 128, 28, 28 ]");
  expect(lines[1]).toContain("[1, 64, 56, 56] -> [1, 128, 28, 28]");
  expect(lines.at(-1)).toBe("[ 1, 128, 28, 28 ]");
});

it("blur.mjs", async () => {
  expect(run(example("blur.mjs"))).toBe("written blurred.png\n");
  expect(await sharp(join(folder, "blurred.png")).metadata()).toMatchObject({
    width: 512,
    height: 512,
    channels: 3,
  });
});

it("npm start finds the edges of the photograph", async () => {
  const stdout = run(join(root, "scripts", "start.mjs"));
  expect(stdout).toMatch(
    /\nbackend +\w+ \(\w+\)\nalgorithm +\w+\nthreads +\d+\nfilter +[\d.]+ ms .*megapixels\/s\n/,
  );
  const { channels } = await sharp(join(folder, "edges.png")).stats();
  expect(channels).toHaveLength(1);
  const [{ mean, max }] = channels;
  expect(max).toBe(255);
  expect(mean).toBeGreaterThan(10); // edges are there to be seen
  expect(mean).toBeLessThan(60); // and most of the image is none
});
