// SPDX-License-Identifier: MIT
import { Corr2dError, corr2d, kernels, Tensor } from "corr2d";
import { describe, expect, it } from "vitest";

type Kernel = ReturnType<typeof kernels.box>;
const rows = (kernel: Kernel) => new Tensor(kernel.data, kernel.shape).toArray();
const sum = (kernel: Kernel) => kernel.data.reduce((total, weight) => total + weight, 0);
const transposed = ({ data, shape: [height, width] }: Kernel) =>
  Float32Array.from(data, (_, i) => data[(i % height) * width + Math.floor(i / height)]);

/** Every kernel, by what makes it. */
const all: Record<string, () => Kernel> = {
  "sobel x": () => kernels.sobel("x"),
  "sobel y": () => kernels.sobel("y"),
  "prewitt x": () => kernels.prewitt("x"),
  "prewitt y": () => kernels.prewitt("y"),
  "scharr x": () => kernels.scharr("x"),
  "scharr y": () => kernels.scharr("y"),
  laplacian: () => kernels.laplacian(),
  gaussian: () => kernels.gaussian({ sigma: 1.4 }),
  box: () => kernels.box(5),
  sharpen: () => kernels.sharpen(),
  emboss: () => kernels.emboss(),
  identity: () => kernels.identity(3),
  "derivative 1": () => kernels.derivative(1),
  "derivative 4": () => kernels.derivative(4, { axis: "y", size: 7 }),
  integral: () => kernels.integral(5),
  lowpass: () => kernels.lowpass([5, 8], { cutoff: 0.2 }),
};

/** What tells of kernels and makes none. */
const measures = ["frequencyResponse", "moments"];

describe("every kernel", () => {
  it("is on the list above", () => {
    const names = new Set(Object.keys(all).map((name) => name.split(" ")[0]));
    expect([...names, ...measures].sort()).toEqual(Object.keys(kernels).sort());
  });

  it.each(Object.entries(all))("%s is a fresh float32 matrix that corr2d takes", (_, make) => {
    const kernel = make();
    const [height, width] = kernel.shape;
    expect(kernel.data).toBeInstanceOf(Float32Array);
    expect(kernel.data).toHaveLength(height * width);
    expect(corr2d(kernel, kernel).shape).toEqual([1, 1]);
    kernel.data.fill(NaN);
    expect(make().data.every(Number.isFinite)).toBe(true);
  });

  it.each(Object.entries(all))("%s keeps flat areas, or answers them with 0", (name, make) => {
    const keeps = /gaussian|box|sharpen|emboss|identity|lowpass/.test(name);
    // The trapezoids of five samples are four units wide.
    expect(sum(make())).toBeCloseTo(keeps ? 1 : name === "integral" ? 4 : 0, 6);
  });
});

describe("gradients", () => {
  it("have their published weights", () => {
    expect(rows(kernels.sobel("x"))).toEqual([
      [-1, 0, 1],
      [-2, 0, 2],
      [-1, 0, 1],
    ]);
    expect(rows(kernels.prewitt("x"))).toEqual([
      [-1, 0, 1],
      [-1, 0, 1],
      [-1, 0, 1],
    ]);
    expect(rows(kernels.scharr("x"))).toEqual([
      [-3, 0, 3],
      [-10, 0, 10],
      [-3, 0, 3],
    ]);
  });

  it.each([
    [3, [-1, 0, 1], [1, 2, 1]],
    [5, [-1, -2, 0, 2, 1], [1, 4, 6, 4, 1]],
    [7, [-1, -4, -5, 0, 5, 4, 1], [1, 6, 15, 20, 15, 6, 1]],
  ] as const)(
    "sobel of size %i has the weights of cv2.getDerivKernels (OpenCV 4.6)",
    (size, along, across) => {
      const x = across.map((a) => along.map((b) => a * b));
      expect(rows(kernels.sobel("x", { size }))).toEqual(x);
      expect(kernels.sobel("y", { size }).data).toEqual(transposed(kernels.sobel("x", { size })));
      expect(kernels.sobel("y", { size }).shape).toEqual([size, size]);
    },
  );

  it("sobel refuses sizes that it has not, and unknown options", () => {
    const { sobel } = kernels as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const size of [1, 4, 9, "5", null]) expect(() => sobel("x", { size })).toThrow("3, 5 or 7 for size");
    expect(() => sobel("x", { ksize: 5 })).toThrow("ksize");
    expect(() => sobel("x", 5)).toThrow("options");
  });

  it.each(["sobel", "prewitt", "scharr"] as const)("%s: y is x transposed", (name) => {
    expect(kernels[name]("y").data).toEqual(transposed(kernels[name]("x")));
  });

  it.each([
    ["sobel", 4],
    ["prewitt", 3],
    ["scharr", 16],
  ] as const)("%s answers a unit step to the right with %i", (name, answer) => {
    const step = [
      [0, 0, 1],
      [0, 0, 1],
      [0, 0, 1],
    ];
    expect(corr2d(step, kernels[name]("x")).toArray()).toEqual([[answer]]);
    expect(corr2d(step, kernels[name]("y")).toArray()).toEqual([[0]]);
  });
});

describe("gaussian", () => {
  it("follows its formula", () => {
    const sigma = 0.8;
    const profile = [-2, -1, 0, 1, 2].map((x) => Math.exp(-(x * x) / (2 * sigma * sigma)));
    const total = profile.reduce((a, b) => a + b);
    const { data } = kernels.gaussian({ sigma, size: 5 });
    data.forEach((weight, i) => {
      expect(weight).toBeCloseTo((profile[Math.floor(i / 5)] * profile[i % 5]) / total ** 2, 7);
    });
  });

  it("spans three sigmas on each side by default", () => {
    expect(kernels.gaussian({ sigma: 1 }).shape).toEqual([7, 7]);
    expect(kernels.gaussian({ sigma: 1.4 }).shape).toEqual([11, 11]);
    expect(kernels.gaussian({ sigma: 0.1 }).shape).toEqual([3, 3]);
  });

  it("stays normalised for the narrowest and widest sigma", () => {
    expect(rows(kernels.gaussian({ sigma: 5e-324, size: 3 }))).toEqual([
      [0, 0, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
    expect(rows(kernels.gaussian({ sigma: 1e-200, size: 2 }))).toEqual([
      [0.25, 0.25],
      [0.25, 0.25],
    ]);
    const [weight] = kernels.gaussian({ sigma: 1e300, size: 3 }).data;
    expect(weight).toBeCloseTo(1 / 9, 7);
  });
});

describe("the rest", () => {
  it("has the weights of its docstrings", () => {
    expect(rows(kernels.laplacian())).toEqual([
      [0, 1, 0],
      [1, -4, 1],
      [0, 1, 0],
    ]);
    expect(rows(kernels.sharpen())).toEqual([
      [0, -1, 0],
      [-1, 5, -1],
      [0, -1, 0],
    ]);
    expect(rows(kernels.emboss())).toEqual([
      [-2, -1, 0],
      [-1, 1, 1],
      [0, 1, 2],
    ]);
    expect(rows(kernels.box(2))).toEqual([
      [0.25, 0.25],
      [0.25, 0.25],
    ]);
    expect(rows(kernels.identity())).toEqual([[1]]);
    expect(rows(kernels.identity(3))).toEqual([
      [0, 0, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
  });
});

describe("bad arguments", () => {
  // The types refuse these too; JavaScript callers have no types.
  const untyped = kernels as unknown as Record<string, (argument?: unknown) => Kernel>;
  it.each([
    ["sobel", undefined, 'Expected "x" or "y" for axis but received undefined'],
    ["scharr", "z", 'Expected "x" or "y" for axis but received "z"'],
    ["gaussian", undefined, "Expected { sigma, size? } for options but received undefined"],
    ["gaussian", {}, "Expected a finite number above 0 for sigma but received undefined"],
    ["gaussian", { sigma: 0 }, "Expected a finite number above 0 for sigma but received 0"],
    ["gaussian", { sigma: NaN }, "Expected a finite number above 0 for sigma but received NaN"],
    ["gaussian", { sigma: "1" }, 'Expected a finite number above 0 for sigma but received "1"'],
    ["gaussian", { sigma: 1, size: 2.5 }, "Expected a whole number from 1 to 4095 for size but received 2.5"],
    [
      "gaussian",
      { sigma: 1e6 },
      /^Expected a whole number from 1 to 4095 for .*sigma.* but received 6000001$/,
    ],
    ["box", undefined, "Expected a whole number from 1 to 4095 for size but received undefined"],
    ["box", 0, "Expected a whole number from 1 to 4095 for size but received 0"],
    ["box", 4096, "Expected a whole number from 1 to 4095 for size but received 4096"],
    ["identity", 2, "Expected an odd number for size but received 2"],
  ])("%s(%o)", (name, argument, message) => {
    expect(() => untyped[name](argument)).toThrow(message);
    expect(() => untyped[name](argument)).toThrow(Corr2dError);
  });
});
