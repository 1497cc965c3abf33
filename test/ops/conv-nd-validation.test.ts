// SPDX-License-Identifier: MIT
// What conv1d and conv3d refuse.
import { Corr2dError, conv1d, conv3d, createEngine, planConv1d, planConv3d } from "corr2d";
import { describe, expect, it } from "vitest";

const floats = (...shape: number[]) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 7) % 11) - 5),
  shape,
});

describe("what is refused", () => {
  const x1 = floats(1, 2, 9);
  const w1 = floats(4, 2, 3);
  const x3 = floats(1, 2, 4, 5, 6);
  const w3 = floats(4, 2, 3, 3, 3);

  const shared: [object, string][] = [
    [{ strides: 0 }, "strides"],
    [{ strides: "1" }, "strides"],
    [{ dilations: 1.5 }, "dilations"],
    [{ padding: -1 }, "padding"],
    [{ padding: "half" }, "padding"],
    [{ groups: 3 }, "a positive integer that divides 2 input and 4 output channels for groups"],
    [{ groups: 2 }, "1 input channels (2 / 2 groups) for weights.shape[1]"],
    [{ groups: 0 }, "groups"],
    [{ border: "zero" }, "border"],
    [{ activation: "gelu" }, "activation"],
    [{ algorithm: "magic" }, "algorithm"],
    [{ accuracy: "low" }, "accuracy"],
    [{ tune: 1 }, "tune"],
    [{ bias: [1, 2, 3] }, "4 elements, one for each output channel, for bias"],
    [{ bias: new Float64Array(4) }, "bias"],
    [{ inputLayout: "nhwc" }, "the name of an option"],
    [{ out: new Float32Array(3) }, "out"],
    [{ out: [[1]] }, "out"],
    [{ out: floats(1) }, "out.shape"],
  ];

  function expectInvalid(call: () => unknown, message: string): void {
    expect(call).toThrow(Corr2dError);
    expect(call).toThrow(message);
  }

  it.each(shared)("options %j", (options, message) => {
    expectInvalid(() => conv1d(x1, w1, options), message);
    expectInvalid(() => conv3d(x3, w3, options), message);
    expectInvalid(() => conv3d(x3, floats(4, 2, 3, 1, 1), options), message);
  });

  it("numbers of numbers", () => {
    expectInvalid(
      () => conv1d(x1, w1, { strides: [1, 2] as never }),
      "a positive integer or one of them for strides",
    );
    expectInvalid(() => conv1d(x1, w1, { padding: [1] as never }), "a whole number >= 0, two of them");
    expectInvalid(
      () => conv3d(x3, w3, { strides: [1, 2] as never }),
      "a positive integer or three of them for strides",
    );
    expectInvalid(() => conv3d(x3, w3, { dilations: [1, 2, 0] }), "dilations[2]");
    expectInvalid(() => conv3d(x3, w3, { padding: [1, 2] as never }), "three or six of them");
    expectInvalid(() => conv3d(x3, w3, { padding: [1, 2, -3] }), "padding[2]");
    expectInvalid(() => conv3d(x3, w3, { padding: [2 ** 30, 0, 0] }), "a padded depth of at most");
  });

  it("shapes", () => {
    expectInvalid(() => conv1d(x3, w1), "3 dimensions for x.shape");
    expectInvalid(() => conv1d(x1, w3), "3 dimensions for weights.shape");
    expectInvalid(() => conv3d(x1, w3), "5 dimensions for x.shape");
    expectInvalid(() => conv1d(floats(1, 2, 2), w1), "a kernel that fits");
    expectInvalid(
      () => conv3d(floats(1, 2, 2, 5, 5), w3),
      "a kernel that fits into the padded input (depth 2)",
    );
    expectInvalid(
      () => conv3d(floats(1, 2, 5, 2, 5), w3),
      "a kernel that fits into the padded input (2 x 5)",
    );
    expectInvalid(() => conv1d(floats(1, 0, 5), w1), "sizes of at least 1 after the batch for x.shape");
    expectInvalid(() => conv3d(x3, floats(4, 2, 0, 3, 3)), "sizes of at least 1 for weights.shape");
    expectInvalid(() => planConv1d([1, 2], w1), "3 dimensions for inputShape");
    expectInvalid(() => planConv3d([1, 2, 3, 4], w3), "5 dimensions for inputShape");
    expectInvalid(
      () => conv1d({ ...x1, data: new Float64Array(18) }, w1),
      "float32 elements, as the weights have, for x",
    );
    expectInvalid(
      () => conv3d({ ...x3, data: new Float64Array(240) }, w3),
      "float32 elements, as the weights have, for x",
    );
  });

  it("operands of a plan", async () => {
    using one = planConv1d(x1.shape, w1);
    using three = planConv3d(x3.shape, w3);
    for (const [plan, x] of [
      [one, x1],
      [three, x3],
    ] as const) {
      expectInvalid(() => plan.run(null as never), "a tensor or typed array for x");
      expectInvalid(() => plan.run(x.data.subarray(1)), `${x.data.length} elements for x`);
      expectInvalid(() => plan.run({ data: x.data, shape: [x.data.length] }), "x.shape");
      expectInvalid(
        () =>
          plan.run(x, {
            out: x.data.subarray(
              0,
              plan.outputShape.reduce((a, b) => a * b),
            ),
          }),
        "out",
      );
      await expect(plan.runAsync(x, { signal: 1 as never })).rejects.toThrow("an AbortSignal for signal");
    }
  });

  it("what was disposed of", async () => {
    const plan = planConv3d(x3.shape, w3);
    plan.dispose();
    plan.dispose();
    expect(() => plan.run(x3)).toThrow(expect.objectContaining({ code: "DISPOSED" }));
    const engine = await createEngine({ backend: "reference" });
    engine.dispose();
    expect(() => engine.conv1d(x1, w1)).toThrow("disposed");
    expect(() => engine.conv3d(x3, w3)).toThrow("disposed");
  });
});
