// SPDX-License-Identifier: MIT
// What kernels of the gradient of weights are cut by: tiles, blocks of pixels, bands of images, threads.
import { createEngine, type Engine } from "corr2d";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convCases } from "../helpers/cases.ts";
import { collectFailures, dtypes } from "../helpers/check.ts";
import { check, checkGradients, filled, gradientOptions, prepare } from "../helpers/check-gradients.ts";
import type { ConvCase } from "../helpers/conv-case.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { operandsOf } from "../helpers/operands.ts";
import type { FloatArray } from "../helpers/oracle.ts";

/** Sizes around what kernels of gradients of weights take at a time: outputs, elements of windows, pixels, channels. */
function gradientTiles(): ConvCase[] {
  const plain: Omit<ConvCase, "name"> = {
    ...{
      seed: 0,
      batch: 1,
      inChannels: 1,
      inHeight: 6,
      inWidth: 7,
      outChannels: 1,
      kernelHeight: 1,
      kernelWidth: 1,
    },
    ...{ strides: [1, 1], padding: 0, dilations: [1, 1], groups: 1, border: "constant", inputLayout: "nchw" },
    ...{ filterLayout: "oihw", bias: false, activation: { kind: "none" }, offset: 1 },
  };
  const cases: ConvCase[] = [];
  const add = (name: string, change: Partial<ConvCase>) =>
    cases.push({ ...plain, ...change, name, seed: 10_000 + cases.length });
  for (const outChannels of [4, 5, 6, 7, 8, 9, 11, 13, 14, 15, 16, 17, 27, 29, 31, 33]) {
    add("outputs around a tile", {
      outChannels,
      inChannels: 9,
      inputLayout: outChannels % 2 ? "nchw" : "nhwc",
    });
  }
  for (const inChannels of [2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33]) {
    add("elements around a tile", { inChannels, outChannels: 10, strides: [1, 1 + (inChannels % 3)] });
    add("elements around a tile, few outputs", {
      inChannels,
      outChannels: 1 + (inChannels % 3),
      kernelWidth: 2,
    });
  }
  // Blocks hold up to 512 pixels, or 4096 where nothing is packed.
  for (const inWidth of [511, 512, 513, 1025]) {
    add("pixels of one row around a block", {
      inWidth,
      inHeight: 1,
      inChannels: 2,
      outChannels: 9,
      kernelWidth: 3,
    });
  }
  for (const inHeight of [63, 64, 65, 129]) {
    add("pixels of an image around a block", {
      inHeight,
      inWidth: 64,
      kernelHeight: 3,
      kernelWidth: 3,
      padding: 1,
    });
    add("as many, of more channels", { inHeight: inHeight >> 2, inWidth: 32, inChannels: 3, outChannels: 7 });
  }
  for (const inWidth of [3, 7, 8, 14, 15, 16, 17, 33]) {
    for (const stride of [1, 2, 3]) {
      const size = {
        inWidth,
        inHeight: 9,
        strides: [stride, stride],
        inputLayout: stride === 3 ? "nhwc" : "nchw",
      } as const;
      const kernel = { kernelHeight: 3, kernelWidth: 3, padding: 1, inChannels: 3, groups: 3 };
      add("depthwise", { ...size, ...kernel, outChannels: 3, batch: 2 });
      add("depthwise with several outputs", {
        ...size,
        ...kernel,
        outChannels: 3 * (1 + stride),
        border: "wrap",
      });
    }
  }
  for (const kernelWidth of [4, 5, 7, 9, 10]) {
    add("one plane", {
      inHeight: 20,
      inWidth: 21,
      kernelHeight: kernelWidth,
      kernelWidth,
      dilations: [1, 2],
      padding: 5,
    });
  }
  return cases;
}

/** Few pixels of output, where elements of windows are what is packed: each layout with each stride, kernel and channels. */
function fewPixels(): ConvCase[] {
  const [plain] = convCases();
  const cases: ConvCase[] = [];
  const channels = [1, 2, 3, 17];
  for (const inputLayout of ["nchw", "nhwc"] as const) {
    for (const stride of [1, 2, 3]) {
      for (const [outHeight, outWidth] of [
        [1, 1],
        [1, 2],
        [2, 1],
        [2, 2],
      ] as const) {
        for (const [kernelHeight, kernelWidth] of [
          [1, 2],
          [2, 1],
          [2, 2],
          [3, 3],
        ] as const) {
          for (const inChannels of channels) {
            const c: ConvCase = {
              ...{ ...plain, inputLayout, inChannels, kernelHeight, kernelWidth, strides: [stride, stride] },
              ...{ outChannels: channels[cases.length % 3], padding: cases.length % 5 === 4 ? 1 : 0 },
              ...{ inHeight: (outHeight - 1) * stride + kernelHeight, offset: cases.length % 2 },
              ...{ inWidth: (outWidth - 1) * stride + kernelWidth, name: "few pixels" },
              ...{ seed: 30_000 + cases.length },
            };
            cases.push(c);
          }
        }
      }
    }
  }
  return cases;
}

forEachImplementation({}, (on) => {
  it.each(dtypes)("has the gradients of the definition around the sizes of tiles, %s", async (dtype) => {
    expect([on.engine.backend, on.engine.isa]).toEqual([on.backend, on.isa]);
    const cases = gradientTiles();
    expect(await collectFailures(cases, (c) => checkGradients(on.engine, c, dtype))).toEqual([]);
  });

  it.each(dtypes)("has them where the output is one or two pixels wide, %s", async (dtype) => {
    expect(await collectFailures(fewPixels(), (c) => checkGradients(on.engine, c, dtype))).toEqual([]);
  });
});

describe.each(["native", "wasm"] as const)("threads on %s", (backend) => {
  it.each([
    { channels: 64, outChannels: 64, kernel: 3, size: 30 },
    { channels: 256, outChannels: 80, kernel: 1, size: 14 },
    { channels: 3, outChannels: 40, kernel: 7, size: 50 },
    { channels: 128, outChannels: 128, kernel: 3, size: 40, groups: 128 },
    { channels: 12, outChannels: 90, kernel: 3, size: 24, groups: 3 },
  ])("change no bit of a gradient: $channels to $outChannels channels, kernel $kernel", async (layer) => {
    const { channels, outChannels, kernel, size, groups = 1 } = layer;
    const square = (count: number, seed: number) => {
      const shape = [2, count, size, size];
      return { data: filled("float32", 2 * count * size * size, seed), shape };
    };
    const [x, gradOutput] = [square(channels, 1), square(outChannels, 3)];
    const weightsShape = [outChannels, channels / groups, kernel, kernel];
    const count = (outChannels * channels * kernel * kernel) / groups;
    const weights = { data: filled("float32", count, 2), shape: weightsShape };
    const options = { padding: kernel >> 1, groups };
    const results: FloatArray[][] = [];
    for (const threads of [1, 2, 3]) {
      const engine = await createEngine({ backend, threads });
      // Helpers of WebAssembly take part once they have started.
      for (const end = performance.now() + (threads > 1 && backend === "wasm" ? 400 : 0); ; ) {
        results.push([
          engine.conv2dGradWeights(x, weights.shape, gradOutput, options).data,
          engine.conv2dGradInput(x.shape, weights, gradOutput, options).data,
        ]);
        if (performance.now() > end) break;
      }
      engine.dispose();
    }
    const differs = ([a, b]: FloatArray[]) =>
      !a.every((value, i) => value === results[0][0][i]) ||
      !b.every((value, i) => value === results[0][1][i]);
    expect(results.findIndex(differs)).toBe(-1);
  });
});

describe("images that go through linear memory in bands", () => {
  const [plain] = convCases();
  const large = (border: ConvCase["border"], inputLayout: ConvCase["inputLayout"]): ConvCase => ({
    ...{ ...plain, name: `bands, ${border}`, seed: 20_000 + border.length, border, inputLayout, offset: 0 },
    ...{ inChannels: 2, inHeight: 900, inWidth: 800, outChannels: 1, kernelHeight: 3, kernelWidth: 2 },
    ...{ strides: [1, 1], dilations: [1, 1], padding: [2, 1], filterLayout: "oihw" },
  });
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ backend: "wasm" });
  });
  afterAll(() => engine?.dispose());

  it.each([large("constant", "nhwc"), large("reflect", "nchw")])("have the same gradient: $name", (c) => {
    checkGradients(engine, c, "float32");
  });

  it("have it where they lie there as a whole, too", () => {
    const c = large("reflect", "nchw");
    const { gradOutput, exact } = prepare(c, "float32");
    const x = engine.alloc([1, 2, c.inHeight, c.inWidth]);
    x.data.set(operandsOf(c, "float32").x);
    const given = engine.alloc([1, 1, exact.outHeight, exact.outWidth]);
    given.data.set(gradOutput);
    const out = engine.alloc([1, 2, 3, 2]);
    expect(engine.conv2dGradWeights(x, out.shape, given, { ...gradientOptions(c), out })).toBe(out);
    check("weights", out.data, exact.weights);
  });
});
