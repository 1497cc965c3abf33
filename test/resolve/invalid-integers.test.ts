// SPDX-License-Identifier: MIT
// Options and operands of integers that are refused, with a code and a message that names them.
import { conv2d, conv2dAsync, corr2d } from "corr2d";
import { describe, it } from "vitest";
import { each, expectInvalid, floats } from "../helpers/invalid.ts";

const x4 = floats(1, 2, 5, 6);
const w4 = floats(4, 2, 3, 3);

describe("options of integers", () => {
  const x = { data: new Uint8Array(9), shape: [1, 1, 3, 3] };
  const weights = { data: new Int8Array(2), shape: [2, 1, 1, 1] };
  const wrong: [Record<string, unknown>, string][] = [
    [{ inputZeroPoint: -1 }, "inputZeroPoint"],
    [{ inputZeroPoint: 256 }, "inputZeroPoint"],
    [{ inputZeroPoint: 0.5 }, "inputZeroPoint"],
    [{ inputZeroPoint: null }, "inputZeroPoint"],
    [{ outputDtype: "int16" }, "outputDtype"],
    [{ outputDtype: "uint8" }, "outputDtype"],
    [{ outputDtype: "float32" }, "outputDtype"],
    [{ outputDtype: "int32", scale: 1 }, "outputDtype"],
    [{ outputZeroPoint: 1 }, "outputZeroPoint"],
    [{ outputZeroPoint: 1, scale: 1 }, "outputZeroPoint"],
    [{ outputZeroPoint: 128, scale: 1, outputDtype: "int8" }, "outputZeroPoint"],
    [{ outputZeroPoint: -1, scale: 1, outputDtype: "uint8" }, "outputZeroPoint"],
    [{ scale: Number.NaN }, "scale"],
    [{ scale: 1e39 }, "scale"],
    [{ scale: [1, 2, 3] }, "scale"],
    [{ scale: "1" }, "scale"],
    [{ scale: new Float64Array(2) }, "scale"],
    [{ bias: [0.5, 0] }, "bias"],
    [{ bias: [2 ** 31, 0] }, "bias"],
    [{ bias: new Float32Array(2) }, "bias"],
    [{ bias: [1] }, "bias"],
    [{ inputDtype: "int32" }, "inputDtype"],
    [{ inputDtype: "int8" }, "x"],
    [{ activation: "sigmoid" }, "activation"],
    [{ activation: { kind: "clamp", min: 0, max: 6 } }, "activation"],
    [{ activation: "tanh", scale: 1, outputDtype: "int8" }, "activation"],
    [{ out: new Float32Array(18) }, "out"],
    [{ out: new Uint8Array(18), scale: 1, outputDtype: "int8" }, "out"],
  ];
  each("conv2d", wrong, async (options, names) => {
    await expectInvalid(() => conv2d(x, weights, options as never), names);
    await expectInvalid(() => conv2dAsync(x, weights, options as never), names);
  });

  it("are refused where operands are floating-point numbers", async () => {
    for (const options of [
      { scale: 1 },
      { inputZeroPoint: 0 },
      { outputDtype: "float32" },
      { inputDtype: "int8" },
    ]) {
      await expectInvalid(() => conv2d(x4, w4, options as never), Object.keys(options)[0]);
    }
  });
  it("element types that do not go together", async () => {
    const floats4 = { data: new Float32Array(9), shape: [1, 1, 3, 3] };
    await expectInvalid(() => conv2d(x, { ...weights, data: new Float32Array(2) } as never), "weights.data");
    await expectInvalid(() => conv2d(x, { ...weights, data: new Uint8Array(2) } as never), "weights.data");
    await expectInvalid(() => conv2d(floats4, weights as never), "x");
    await expectInvalid(() => conv2d({ ...x, data: new Int32Array(9) } as never, weights), "x");
    const matrix = { data: new Uint8Array(9), shape: [3, 3] };
    await expectInvalid(
      () => corr2d(matrix, { data: new Uint8Array(1), shape: [1, 1] } as never),
      "kernel.data",
    );
    await expectInvalid(
      () => corr2d(matrix, { data: new Float32Array(1), shape: [1, 1] } as never),
      "kernel.data",
    );
    await expectInvalid(
      () => corr2d([[1]], { data: new Uint8Array(1), shape: [1, 1] } as never),
      "kernel.data",
    );
    await expectInvalid(() => corr2d(matrix, [[128]]), "kernel");
    await expectInvalid(() => corr2d(matrix, [[0.5]]), "kernel");
  });
});
