// SPDX-License-Identifier: MIT
// The examples run, and print what their comments say.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import createWavEncoder from "@audio/encode-wav";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
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

/** What spectrogram.mjs measures: of the recording, of its every stride-th sample, and of those after a low-pass. */
function upperPowers(stdout: string): number[] {
  return [...stdout.matchAll(/: ([\d.e+-]+) in the upper half/g)].map(([, power]) => Number(power));
}

it("spectrogram.mjs: a tone that the stride cannot carry folds back, unless a low-pass stops it", async () => {
  const rate = 8000;
  const tone = (hertz: number, i: number) => 0.25 * Math.sin((2 * Math.PI * hertz * i) / rate);
  // At stride 2 the 2500 Hz come out as 1500; the 300 Hz lie in the lower half.
  const samples = Float32Array.from({ length: rate }, (_, i) => tone(300, i) + tone(2500, i));
  const encoder = await createWavEncoder({ sampleRate: rate });
  writeFileSync(join(folder, "tones.wav"), Buffer.concat([encoder.encode([samples]), encoder.flush()]));
  const stdout = run(example("spectrogram.mjs"), "tones.wav", "tones.png");
  expect(stdout).toContain("1.00 s at 8000 Hz");
  const [before, aliased, filtered] = upperPowers(stdout);
  expect(aliased).toBeGreaterThan(1e4 * before);
  expect(filtered).toBeLessThan(aliased / 1e4);
  const { width, height, channels } = await sharp(join(folder, "tones.png")).metadata();
  expect({ width, height, channels }).toEqual({ width: 64, height: 771, channels: 1 });
});

// Spoken words, of Debian's package alsa-utils, which .ci/run installs.
const recording = "/usr/share/sounds/alsa/Front_Center.wav";
it.skipIf(!existsSync(recording))("spectrogram.mjs: the hiss of speech folds back at stride 4", async () => {
  const [before, aliased, filtered] = upperPowers(
    run(example("spectrogram.mjs"), recording, "speech.png", "4"),
  );
  expect(aliased).toBeGreaterThan(3 * before);
  expect(filtered).toBeLessThan(1.1 * before);
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
