// SPDX-License-Identifier: MIT
// Learning a kernel from an input and an output: what is found, by which steps, and what is refused.
import { Corr2dError, corr2d, createEngine, kernels } from "corr2d";
import { type LearnKernelOptions, learnKernel, Random } from "corr2d/learn";
import { describe, expect, it } from "vitest";

/** The picture of the book: ones with a bar of zeros. */
const bar = Array.from({ length: 6 }, () => [1, 1, 0, 0, 0, 0, 1, 1]);
const edges = corr2d(bar, [[1, -1]]);

function randomMatrix(height: number, width: number, seed: number) {
  const random = new Random(seed);
  return {
    data: Float64Array.from({ length: height * width }, () => random.normal()),
    shape: [height, width],
  };
}

describe("learnKernel", () => {
  it.each(["native", "wasm", "reference"] as const)(
    "finds [1, -1] in the book's pair, on %s",
    async (backend) => {
      const engine = await createEngine({ backend });
      const { kernel, losses, converged } = learnKernel(bar, edges, { shape: [1, 2], engine });
      engine.dispose();
      expect(converged).toBe(true);
      expect(losses.at(-1)).toBeLessThan(1e-3);
      expect(kernel.shape).toEqual([1, 2]);
      expect(kernel.data[0]).toBeCloseTo(1, 3);
      expect(kernel.data[1]).toBeCloseTo(-1, 3);
    },
  );

  it("descends by the book's learning rate", () => {
    const { kernel, losses, converged } = learnKernel(bar, edges, {
      ...{ shape: [1, 2], learningRate: 3e-2, limit: 1e-3, steps: 100 },
    });
    expect(converged).toBe(true);
    expect(losses.at(-1)).toBeLessThanOrEqual(1e-3);
    expect(losses.at(-2)).toBeGreaterThan(1e-3);
    for (let i = 1; i < losses.length; i++) expect(losses[i]).toBeLessThan(losses[i - 1]);
    expect(Math.abs(kernel.data[0] - 1)).toBeLessThan(0.05);
    expect(Math.abs(kernel.data[1] + 1)).toBeLessThan(0.05);
  });

  it("takes the steps of gradient descent: of a kernel of one element, in closed form", () => {
    // loss = sum (w x - y)^2, so w - w* shrinks by 1 - 2 learningRate (x . x), and the loss by its square.
    const { losses } = learnKernel([[1, 2]], [[3, 6]], { shape: [1, 1], learningRate: 0.04, steps: 5 });
    for (let i = 1; i < losses.length; i++) {
      expect(losses[i] / losses[i - 1]).toBeCloseTo((1 - 2 * 0.04 * 5) ** 2, 10);
    }
  });

  it.each(["valid", "same", "full"] as const)("finds an even kernel in mode %s, on any border", (mode) => {
    for (const border of ["constant", "replicate", "reflect", "mirror", "wrap"] as const) {
      const x = randomMatrix(12, 14, 1);
      const truth = randomMatrix(4, 3, 2);
      const y = corr2d(x, truth, { mode, border });
      const { kernel, losses, converged } = learnKernel(x, y, { shape: [4, 3], mode, border, limit: 1e-16 });
      expect(converged).toBe(true);
      // Conjugate gradients: one step for each of 12 elements, and a few that rounding costs.
      expect(losses.length).toBeLessThan(20);
      // The least eigenvalue of the normal equations of these matrices is far above 1: so is the loss above the error.
      kernel.data.forEach((value, i) => {
        expect(Math.abs(value - truth.data[i])).toBeLessThan(1e-8);
      });
    }
  });

  it("finds Sobel's kernel in float32, and returns float32", () => {
    const random = new Random(5);
    const x = { data: Float32Array.from({ length: 32 * 32 }, () => random.uniform()), shape: [32, 32] };
    const sobel = kernels.sobel("x");
    const { kernel } = learnKernel(x, corr2d(x, sobel), { shape: [3, 3] });
    expect(kernel.data).toBeInstanceOf(Float32Array);
    kernel.data.forEach((value, i) => {
      expect(Math.abs(value - sobel.data[i])).toBeLessThan(0.02);
    });
  });

  it("is the same for the same seed, and reports each step", () => {
    const seen: number[] = [];
    const learn = (options: Partial<LearnKernelOptions>) =>
      learnKernel(bar, edges, { shape: [1, 2], learningRate: 0.03, steps: 7, limit: 0, ...options });
    const first = learn({ seed: 3, onProgress: ({ step, loss }) => seen.push(step, loss) });
    expect(learn({ seed: 3 })).toEqual(first);
    expect(learn({ seed: 4 }).losses[0]).not.toBe(first.losses[0]);
    expect(seen).toEqual(first.losses.slice(1).flatMap((loss, i) => [i + 1, loss]));
    expect(first.converged).toBe(false);
    expect(first.losses).toHaveLength(8);
  });

  it("learns zeros, and nothing from an input of zeros", () => {
    const zeros = corr2d(bar, [[0, 0]]);
    expect(learnKernel(bar, zeros, { shape: [1, 2] }).converged).toBe(true);
    const stuck = learnKernel([[0, 0, 0]], [[1, 1]], { shape: [1, 2] });
    expect(stuck).toMatchObject({ converged: false, losses: [2] });
  });

  it.each([
    [{ shape: [2, 2] }, /Expected \[5, 7\].* for output.shape but received \[6, 7\]/],
    [{ shape: [1, 2], mode: "same" }, /Expected \[6, 8\].* for output.shape/],
    [{ shape: [2] }, /Expected \[height, width\] for shape/],
    [{ shape: [0, 2] }, /Expected sizes of at least 1 for shape/],
    [{ shape: [9, 9] }, /shape/],
    [{ shape: [1, 2], learningRate: 0 }, /learningRate/],
    [
      { shape: [1, 2], learningRate: 10 },
      /Expected one by which the loss stays finite for learningRate but received 10/,
    ],
    [{ shape: [1, 2], limit: Number.NaN }, /limit/],
    [{ shape: [1, 2], steps: 0 }, /steps/],
    [{ shape: [1, 2], seed: -1 }, /seed/],
    [{ shape: [1, 2], mode: "some" }, /mode/],
    [{ shape: [1, 2], onProgress: 1 }, /onProgress/],
    [{ shape: [1, 2], rate: 1 }, /the name of an option but received "rate"/],
    [undefined, /shape/],
  ])("refuses %j", (options, message) => {
    const learn = () => learnKernel(bar, edges, options as LearnKernelOptions);
    expect(learn).toThrow(Corr2dError);
    expect(learn).toThrow(message);
  });

  it("refuses what is no finite matrix", () => {
    expect(() => learnKernel([[1, Number.NaN]], [[1]], { shape: [1, 2] })).toThrow(
      /finite numbers only for input/,
    );
    expect(() => learnKernel([[1, 2]], [[Number.POSITIVE_INFINITY]], { shape: [1, 2] })).toThrow(
      /for output/,
    );
    expect(() => learnKernel([[1, 2], [3]], [[1]], { shape: [1, 2] })).toThrow(/input/);
  });
});
