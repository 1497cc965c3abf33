// SPDX-License-Identifier: MIT
// What pooling and its gradients refuse.
import {
  avgPool2d,
  avgPool2dGradInput,
  Corr2dError,
  createEngine,
  globalAvgPool2d,
  globalAvgPool2dGradInput,
  maxPool2d,
  maxPool2dGradInput,
  outputShape,
} from "corr2d";
import { describe, expect, it } from "vitest";

describe("what is refused", () => {
  const x = { data: new Float32Array(2 * 3 * 4), shape: [1, 2, 3, 4] };
  const g = { data: new Float32Array(2), shape: [1, 2, 1, 1] };

  function expectInvalid(call: () => unknown, message: string): void {
    let error: unknown;
    try {
      call();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(Corr2dError);
    expect((error as Corr2dError).code).toBe("INVALID_ARGUMENT");
    expect((error as Corr2dError).message).toContain(message);
  }

  const options: [object, string][] = [
    [{ windowDimensions: 0 }, "a positive integer for windowDimensions but received 0"],
    [{ windowDimensions: [2] }, "for windowDimensions but received [2]"],
    [{ windowDimensions: [2, 1.5] }, "windowDimensions[1]"],
    [{ windowDimensions: "2" }, "windowDimensions"],
    [{ windowDimensions: 4 }, "a window that fits into the padded input (3 rows)"],
    [{ windowDimensions: [1, 5] }, "a window that fits into the padded input (4 columns)"],
    [{ windowDimensions: [2, 3], dilations: [3, 1] }, "windowDimensions with its dilations"],
    [{ strides: 0 }, "strides"],
    [{ strides: [1, -1] }, "strides[1]"],
    [{ dilations: 0 }, "dilations"],
    [{ padding: -1 }, "padding"],
    [{ padding: [1, 2, 3] }, "padding"],
    [{ padding: "half" }, "padding"],
    [{ padding: 2 ** 31 - 1 }, "padded and dilated sizes of at most 2147483647"],
    [{ border: "zeros" }, "border"],
    [{ inputLayout: "chwn" }, "inputLayout"],
    [{ outputShapeRounding: "round" }, "outputShapeRounding"],
    [{ kernelSize: 2 }, "the name of an option"],
    [{ out: new Float32Array(3) }, "for out"],
    [{ out: new Float64Array(2) }, "for out"],
    [{ out: [1, 2] }, "for out"],
    [{ out: { data: new Float32Array(2), shape: [2] } }, "out.shape"],
    [{ out: x.data.subarray(0, 2) }, "an array apart from x for out"],
  ];
  it.each(options)("options %j", (given, message) => {
    for (const operator of [maxPool2d, avgPool2d]) expectInvalid(() => operator(x, given), message);
    if (!message.includes("out")) {
      expectInvalid(() => maxPool2dGradInput(x, g, given), message);
      expectInvalid(() => avgPool2dGradInput(x.shape, g, given), message);
      expectInvalid(() => outputShape.avgPool2d(x.shape, given), message);
    }
  });

  it("operands", () => {
    expectInvalid(() => maxPool2d([[1]]), "4 dimensions for x.shape");
    expectInvalid(() => maxPool2d(null as never), "for x ");
    expectInvalid(() => avgPool2d({ data: new Int32Array(1), shape: [1, 1, 1, 1] } as never), "x.data");
    expectInvalid(() => avgPool2d({ data: new Float32Array(0), shape: [1, 1, 0, 1] }), "x.shape");
    expectInvalid(() => maxPool2d({ data: new Float32Array(0), shape: [1, 0, 1, 1] }), "x.shape");
    expectInvalid(() => avgPool2d(x, { countIncludePad: 1 } as never), "true or false for countIncludePad");
    expectInvalid(() => maxPool2d(x, { countIncludePad: true } as never), "the name of an option");
    expectInvalid(() => globalAvgPool2d(x, { strides: 1 } as never), "the name of an option");
    expectInvalid(() => avgPool2dGradInput([1, 2, 3], g), "4 dimensions for inputShape");
    expectInvalid(() => globalAvgPool2dGradInput([1, 2, 3, 0], g), "inputShape");
    expectInvalid(
      () => globalAvgPool2dGradInput([1, 3, 3, 4], g),
      "[1, 3, 1, 1], the shape of the output, for gradOutput.shape",
    );
    expectInvalid(
      () => maxPool2dGradInput(x, { ...g, data: new Float64Array(2) }),
      "float32 elements, as x has, for gradOutput",
    );
    expectInvalid(() => outputShape.avgPool2d([1, 2, 3] as never), "4 dimensions for inputShape");
  });

  it("a disposed engine", async () => {
    const engine = await createEngine({ backend: "reference" });
    engine.dispose();
    for (const call of [
      () => engine.maxPool2d(x),
      () => engine.avgPool2dGradInput(x.shape, g),
      () => engine.maxPool2dGradInput(x, g),
      () => engine.globalAvgPool2dGradInput(x.shape, g),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "DISPOSED" }));
    }
  });
});
