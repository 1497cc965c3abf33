// SPDX-License-Identifier: MIT
// Convolutions of uint8 and int8 by int8: every backend and instruction set gives the numbers of the definition.
import type { Algorithm, Engine, IntegerConv2dOptions } from "corr2d";
import { describe, expect, it } from "vitest";
import { convCases } from "../helpers/cases.ts";
import { collectFailures, type Implementation } from "../helpers/check.ts";
import type { ConvCase } from "../helpers/conv-case.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import {
  expectedInteger,
  type IntegerCase,
  integerCases,
  layAny,
  outputArray,
  quantize,
} from "../helpers/integer-oracle.ts";

const algorithmsOf: Record<Implementation["backend"], readonly Algorithm[]> = {
  native: ["strided"],
  wasm: ["strided"],
  reference: ["direct"],
};

const shapes = convCases();
const cases = integerCases(shapes);

function optionsOf(c: IntegerCase, algorithm: Algorithm): IntegerConv2dOptions {
  const { shape, inputDtype, inputZeroPoint, output } = c;
  const { strides, padding, dilations, groups, border, inputLayout, filterLayout } = shape;
  return {
    ...{ strides, padding, dilations, groups, border, inputLayout, filterLayout, algorithm },
    ...{ inputDtype, inputZeroPoint, activation: c.activation },
    ...(c.operands.bias !== null && { bias: c.operands.bias }),
    ...(output.dtype !== "int32" && { scale: output.scale, outputDtype: output.dtype }),
    ...(output.zeroPoint !== undefined && { outputZeroPoint: output.zeroPoint }),
  };
}

const sizesOf = (c: ConvCase) => ({
  x: [c.batch, c.inChannels, c.inHeight, c.inWidth],
  weights: [c.outChannels, c.inChannels / c.groups, c.kernelHeight, c.kernelWidth],
});

const guard = 5;
const untouched = 77;

function checkCase(engine: Engine, c: IntegerCase, algorithm: Algorithm): void {
  const { shape, operands, output } = c;
  const { sums, shape: outShape } = expectedInteger(c);
  const want = sums.map((sum, i) => {
    const oc = Math.floor(i / (outShape[2] * outShape[3])) % outShape[1];
    return quantize(sum, oc, c);
  });
  const sizes = sizesOf(shape);
  const x = layAny(operands.x, sizes.x, "nchw", shape.inputLayout, shape.offset);
  const weights = layAny(operands.weights, sizes.weights, "oihw", shape.filterLayout, shape.offset);
  using plan = engine.planConv2d(x.shape, weights, optionsOf(c, algorithm));
  expect([plan.backend, plan.isa, plan.algorithm]).toEqual([engine.backend, engine.isa, algorithm]);
  const all = outputArray(output.dtype, want.length + 2 * guard).fill(untouched);
  const out = all.subarray(guard, guard + want.length);
  const result = plan.run(x, { out });
  const layout = shape.inputLayout;
  expect(result.data).toBe(out);
  expect(result.shape).toEqual([...layout].map((axis) => outShape["nchw".indexOf(axis)]));
  const got = layAny(out, result.shape, layout, "nchw", 0).data;
  for (let i = 0; i < want.length; i++) {
    if (!Object.is(got[i], want[i]))
      throw new Error(`element ${i}: expected ${want[i]} but received ${got[i]}`);
  }
  for (let i = 0; i < guard; i++) {
    if (all[i] !== untouched || all[guard + want.length + i] !== untouched) throw new Error("wrote outside");
  }
}

const sameBytes = (a: ArrayBufferView, b: ArrayBufferView) =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));

const failing = (c: IntegerCase, cause: unknown) =>
  new Error(
    `${c.inputDtype} -> ${c.output.dtype}, zero points ${c.inputZeroPoint}, ${c.output.zeroPoint}, ` +
      `${c.activation.kind}: ${JSON.stringify(c.shape)}: ${cause}`,
  );

forEachImplementation({ integers: true, threads: [1, 2] }, (on) => {
  for (const algorithm of algorithmsOf[on.backend]) {
    describe(algorithm, () => {
      it("gives the numbers of the definition in every case", async () => {
        const [one] = on.engines;
        const failures = await collectFailures(cases, (c) => {
          try {
            checkCase(one, c, algorithm);
          } catch (cause) {
            throw failing(c, cause);
          }
        });
        expect(failures).toEqual([]);
      });

      it("gives the same numbers on two threads, sync and async", async () => {
        const [one, two] = on.engines;
        const large = cases.filter(({ shape }) => shape.name.startsWith("many") || shape.seed % 23 === 0);
        const failures = await collectFailures(large, async (c) => {
          const sizes = sizesOf(c.shape);
          const x = layAny(c.operands.x, sizes.x, "nchw", c.shape.inputLayout, 0);
          const weights = layAny(c.operands.weights, sizes.weights, "oihw", c.shape.filterLayout, 0);
          using first = one.planConv2d(x.shape, weights, optionsOf(c, algorithm));
          using second = two.planConv2d(x.shape, weights, optionsOf(c, algorithm));
          const want = first.run(x).data;
          if (!sameBytes(second.run(x).data, want)) throw failing(c, "run differs");
          if (!sameBytes((await second.runAsync(x)).data, want)) throw failing(c, "runAsync differs");
        });
        expect(failures).toEqual([]);
      });

      it("wraps around at 32 bits", async () => {
        const [one] = on.engines;
        // 140000 products of -128 by -128 are 2293760000: more than an int32 holds.
        const channels = 140000;
        const x = { data: new Int8Array(channels).fill(-128), shape: [1, channels, 1, 1] };
        const weights = { data: new Int8Array(channels).fill(-128), shape: [1, channels, 1, 1] };
        const { data } = one.conv2d(x, weights, { algorithm });
        expect([...data]).toEqual([2293760000 - 2 ** 32]);
        const bias = [2 ** 31 - 1];
        const one8 = { data: Int8Array.of(1), shape: [1, 1, 1, 1] };
        expect([...one.conv2d(one8, one8, { algorithm, bias }).data]).toEqual([-(2 ** 31)]);
      });

      it("is exact at the extremes of its operands", async () => {
        const [one] = on.engines;
        // Products that saturate 16 bits where pairs of them are added: 2 * 255 * 128 and 2 * 255 * -128.
        for (const [input, weight] of [
          [255, 127],
          [255, -128],
          [-128, -128],
          [-128, 127],
          [127, -128],
        ]) {
          const channels = 4608;
          const Input = input > 127 ? Uint8Array : Int8Array;
          const x = { data: new Input(channels * 3).fill(input), shape: [1, channels, 1, 3] };
          const weights = { data: new Int8Array(channels * 17).fill(weight), shape: [17, channels, 1, 1] };
          const { data } = one.conv2d(x, weights, { algorithm });
          expect(data).toEqual(new Int32Array(51).fill(channels * input * weight));
        }
      });

      it("rounds ties to even, and saturates", async () => {
        const [one] = on.engines;
        const x = { data: Int8Array.of(-128, -7, -5, -3, -1, 1, 3, 5, 7, 127), shape: [1, 1, 1, 10] };
        const weights = { data: Int8Array.of(1, 2), shape: [2, 1, 1, 1] };
        const scale = [0.5, 50];
        const int8 = one.conv2d(x, weights, { algorithm, scale, outputDtype: "int8" });
        expect([...int8.data]).toEqual([
          ...[-64, -4, -2, -2, 0, 0, 2, 2, 4, 64],
          ...[-128, -128, -128, -128, -100, 100, 127, 127, 127, 127],
        ]);
        const uint8 = one.conv2d(x, weights, {
          algorithm,
          scale,
          outputDtype: "uint8",
          outputZeroPoint: 3,
        });
        expect([...uint8.data]).toEqual([
          ...[0, 0, 1, 1, 3, 3, 5, 5, 7, 67],
          ...[0, 0, 0, 0, 0, 103, 255, 255, 255, 255],
        ]);
      });

      it("takes scales whose products leave the range of float32", async () => {
        const [one] = on.engines;
        const x = { data: Int8Array.of(-100, 0, 100), shape: [1, 1, 1, 3] };
        const weights = { data: Int8Array.of(1, -1), shape: [2, 1, 1, 1] };
        const huge = one.conv2d(x, weights, { algorithm, scale: [3e38, -3e38], outputDtype: "int8" });
        expect([...huge.data]).toEqual([-128, 0, 127, -128, 0, 127]);
        const tiny = one.conv2d(x, weights, { algorithm, scale: 1e-45 });
        expect([...tiny.data]).toEqual([...[-100, 0, 100, 100, 0, -100]].map((n) => n * Math.fround(1e-45)));
      });
    });
  }

  it("plans matrices of bytes with nested kernels", () => {
    const [one] = on.engines;
    const x = Uint8Array.of(1, 2, 3, 255);
    const correlating = one.planCorr2d([2, 2], [[1, -1]], { inputDtype: "uint8" });
    const convolving = one.planConvolve2d([2, 2], [[1, -1]], { inputDtype: "uint8" });
    expect(correlating.run(x).data).toEqual(Int32Array.of(-1, -252));
    expect(convolving.run(x).data).toEqual(Int32Array.of(1, 252));
    expect(() => one.planCorr2d([2, 2], [[0.5]], { inputDtype: "uint8" })).toThrow(/kernel/);
  });

  it("refuses algorithms that it does not have for integers", async () => {
    const [one] = on.engines;
    const x = { data: new Uint8Array(9), shape: [1, 1, 3, 3] };
    const weights = { data: new Int8Array(9), shape: [1, 1, 3, 3] };
    for (const algorithm of ["im2col", "winograd"] as const) {
      expect(() => one.conv2d(x, weights, { algorithm })).toThrow(/has no .* for this convolution of uint8/);
    }
  });
});
