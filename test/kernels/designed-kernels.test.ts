// SPDX-License-Identifier: MIT
// Kernels that are exact for polynomials, and what tells of kernels. test/signal/signal-golden.test.ts has SciPy's answers.
import { Corr2dError, convolve1d, corr1d, corr2d, kernels } from "corr2d";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lagrangePolynomials, quotient } from "../../dist/kernels/lagrange.js";

const doubles = { dtype: "float64" } as const;
const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

describe("derivative", () => {
  it("has the fractions of the textbooks", () => {
    const rows: [number, Parameters<typeof kernels.derivative>[1], number[]][] = [
      [0, {}, [1]],
      [1, {}, [-1, 1]],
      [2, {}, [1, -2, 1]],
      [3, {}, [-1, 3, -3, 1]],
      [4, {}, [1, -4, 6, -4, 1]],
      [1, { accuracy: 2 }, [-1 / 2, 0, 1 / 2]],
      [1, { accuracy: 4 }, [1 / 12, -2 / 3, 0, 2 / 3, -1 / 12]],
      [1, { accuracy: 8 }, [1 / 280, -4 / 105, 1 / 5, -4 / 5, 0, 4 / 5, -1 / 5, 4 / 105, -1 / 280]],
      [2, { accuracy: 4 }, [-1 / 12, 4 / 3, -5 / 2, 4 / 3, -1 / 12]],
      [3, { accuracy: 2 }, [-1 / 2, 1, 0, -1, 1 / 2]],
      [1, { size: 4 }, [1 / 24, -9 / 8, 9 / 8, -1 / 24]],
      [1, { size: 3, centre: 0 }, [-3 / 2, 2, -1 / 2]],
      [2, { size: 4, centre: 3 }, [-1, 4, -5, 2]],
    ];
    for (const [order, options, weights] of rows) {
      // Each weight is the float64 nearest to its fraction.
      expect([...kernels.derivative(order, { ...options, ...doubles }).data]).toEqual(weights);
      const single = kernels.derivative(order, options as { size?: number });
      expect(single.data).toEqual(Float32Array.from(weights));
    }
  });

  it("fulfils its moment conditions at every order, size and centre", () => {
    const cases = fc
      .integer({ min: 0, max: 8 })
      .chain((order) => fc.tuple(fc.constant(order), fc.integer({ min: order + 1, max: 14 })))
      .chain(([order, size]) =>
        fc.tuple(fc.constant(order), fc.constant(size), fc.integer({ min: 0, max: 2 * (size - 1) })),
      )
      .filter(([order]) => order > 0);
    fc.assert(
      fc.property(cases, ([order, size, halves]) => {
        const centre = halves / 2;
        const kernel = kernels.derivative(order, { size, centre, ...doubles });
        const { data, shape } = kernels.moments(kernel, { centre: [0, centre] });
        expect(shape).toEqual([1, size]);
        data.forEach((moment, p) => {
          // The moments' terms, each rounded a few times, are what a sum can be off by.
          const terms = kernel.data.reduce((sum, weight, k) => sum + Math.abs(weight * (k - centre) ** p), 0);
          const error = Math.abs(moment - (p === order ? factorial(order) : 0));
          expect(error).toBeLessThanOrEqual((size + 4) * 2 ** -53 * terms);
        });
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("takes the smallest odd size of the accuracy asked for", () => {
    for (let order = 1; order <= 6; order++) {
      for (let accuracy = 1; accuracy <= 8; accuracy++) {
        const { data } = kernels.derivative(order, { accuracy, ...doubles });
        /** The first moment beyond the order that is not 0 comes `accuracy` after it. */
        const reached = (size: number) => {
          const kernel = kernels.derivative(order, { size, ...doubles });
          const moments = kernels.moments(kernel, { count: [1, order + 12] }).data;
          const scale = kernel.data.reduce((sum, weight) => sum + Math.abs(weight), 0);
          const isZero = (moment: number, p: number) => Math.abs(moment) < 1e-12 * scale * (size / 2) ** p;
          for (let p = order + 1; ; p++) if (!isZero(moments[p], p)) return p - order;
        };
        expect(data.length % 2).toBe(1);
        expect(reached(data.length)).toBeGreaterThanOrEqual(accuracy);
        if (data.length - 2 > order) expect(reached(data.length - 2)).toBeLessThan(accuracy);
      }
    }
  });

  it("lies along an axis, or along both for a pair of orders", () => {
    expect(kernels.derivative(2, { axis: "y" })).toEqual({ data: Float32Array.of(1, -2, 1), shape: [3, 1] });
    expect(kernels.derivative([2, 0]).shape).toEqual([3, 1]);
    expect(kernels.derivative([0, 2]).shape).toEqual([1, 3]);
    expect([...kernels.derivative([1, 1], { size: 3 }).data]).toEqual([
      0.25, 0, -0.25, 0, 0, 0, -0.25, 0, 0.25,
    ]);
    // d/dy d2/dx2 of y x^2 is 2.
    const image = Array.from({ length: 3 }, (_, y) => Array.from({ length: 3 }, (_, x) => y * x * x));
    expect(corr2d(image, kernels.derivative([1, 2], { size: 3 })).toArray()).toEqual([[2]]);
  });

  it("differentiates: the error falls with the accuracy of the kernel", () => {
    const step = 0.1;
    const wave = Float64Array.from({ length: 101 }, (_, i) => Math.sin(i * step));
    let before = Number.POSITIVE_INFINITY;
    for (const accuracy of [2, 4, 6, 8]) {
      const kernel = kernels.derivative(1, { accuracy, ...doubles });
      const [slope] = corr1d(wave.subarray(0, kernel.data.length), kernel).data;
      const error = Math.abs(slope / step - Math.cos(((kernel.data.length - 1) / 2) * step));
      expect(error).toBeLessThan(before / 20);
      before = error;
    }
  });
});

describe("integral", () => {
  it("has the weights of its rules", () => {
    expect([...kernels.integral(4, { rule: "box" }).data]).toEqual([1, 1, 1, 1]);
    expect([...kernels.integral(4).data]).toEqual([0.5, 1, 1, 0.5]);
    expect([...kernels.integral(5, { rule: "simpson", ...doubles }).data]).toEqual([
      1 / 3,
      4 / 3,
      2 / 3,
      4 / 3,
      1 / 3,
    ]);
    expect([...kernels.integral(3, { rule: "newton-cotes", ...doubles }).data]).toEqual([
      1 / 3,
      4 / 3,
      1 / 3,
    ]);
    expect([...kernels.integral(5, { rule: "newton-cotes", ...doubles }).data]).toEqual(
      [14, 64, 24, 64, 14].map((numerator) => numerator / 45),
    );
  });

  it("is exact for polynomials up to its degree", () => {
    /** [rule, size, degree, half the length of the interval] */
    const rows = [
      ["box", 5, 1, 2.5],
      ["box", 6, 1, 3],
      ["trapezoid", 2, 1, 0.5],
      ["trapezoid", 7, 1, 3],
      ["simpson", 3, 3, 1],
      ["simpson", 9, 3, 4],
      ["newton-cotes", 2, 1, 0.5],
      ["newton-cotes", 6, 5, 2.5],
      ["newton-cotes", 9, 9, 4],
      ["newton-cotes", 12, 11, 5.5],
    ] as const;
    for (const [rule, size, degree, half] of rows) {
      const kernel = kernels.integral(size, { rule, ...doubles });
      const { data } = kernels.moments(kernel, { count: [1, degree + 2] });
      const off = Array.from(data, (moment, p) => {
        const exact = p % 2 === 1 ? 0 : (2 * half ** (p + 1)) / (p + 1);
        const terms = kernel.data.reduce((sum, weight) => sum + Math.abs(weight) * half ** p, 0);
        return Math.abs(moment - exact) > (size + 4) * 2 ** -53 * terms;
      });
      // Odd powers vanish by symmetry: the degree is odd, and the power after it is the first to be wrong.
      expect([rule, size, off.indexOf(true)]).toEqual([rule, size, degree + 1]);
    }
  });

  it("of a rectangle is the outer product", () => {
    expect(kernels.integral([2, 3])).toEqual({
      data: Float32Array.of(0.25, 0.5, 0.25, 0.25, 0.5, 0.25),
      shape: [2, 3],
    });
    expect(kernels.integral(3, { axis: "y" }).shape).toEqual([3, 1]);
  });

  it("undoes a derivative: running sums of differences", () => {
    const x = [3, 1, 4, 1, 5];
    const differences = convolve1d(x, [1, -1], { mode: "full" }).data.slice(0, 5);
    expect([
      ...convolve1d(differences, kernels.integral(5, { rule: "box" }), { mode: "full" }).data.slice(0, 5),
    ]).toEqual(x);
  });
});

describe("lowpass", () => {
  it("keeps low frequencies, halves its cutoff, and stops high ones", () => {
    const kernel = kernels.lowpass(63, { cutoff: 0.125, ...doubles });
    const { real, imag } = kernels.frequencyResponse(kernel, [0, 0.05, 0.125, 0.2, 0.5]);
    expect(real[0]).toBeCloseTo(1, 14);
    expect(real[1]).toBeCloseTo(1, 2);
    expect(real[2]).toBeCloseTo(0.5, 2);
    expect(Math.abs(real[3])).toBeLessThan(0.003);
    expect(Math.abs(real[4])).toBeLessThan(0.003);
    expect(Math.max(...imag.map(Math.abs))).toBeLessThan(1e-15);
  });

  it("comes in both axes", () => {
    const options = { cutoff: 0.2, window: "hann" } as const;
    expect(kernels.lowpass(7, { ...options, axis: "y" }).shape).toEqual([7, 1]);
    expect(kernels.lowpass([3, 5], options).shape).toEqual([3, 5]);
    expect([...kernels.lowpass(1, options).data]).toEqual([1]);
  });
});

describe("moments", () => {
  it("are sums of weights times powers of distances", () => {
    const kernel = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    expect(kernels.moments(kernel, { centre: [0, 1], count: [2, 3] }).toArray()).toEqual([
      [21, 4, 14],
      [15, 2, 10],
    ]);
    expect(kernels.moments(kernels.sobel("x")).toArray()).toEqual([
      [0, 8, 0],
      [0, 0, 0],
      [0, 4, 0],
    ]);
    expect(kernels.moments([1, -2, 1]).toArray()).toEqual([[0, 0, 2]]);
    expect(kernels.moments(Float64Array.of(1, 1)).toArray()).toEqual([[2, 0]]);
  });
});

describe("frequencyResponse", () => {
  it("is what the kernel does to a wave", () => {
    const kernel = [0.5, -1, 2, 0.25];
    const f = 0.17;
    const n = 40;
    const wave = (phase: number) =>
      Float64Array.from({ length: n }, (_, i) => Math.cos(2 * Math.PI * f * i + phase));
    for (const flip of [false, true]) {
      const { real, imag, magnitude, phase } = kernels.frequencyResponse(kernel, [f], {
        flip,
        centre: flip ? 3 : 0,
      });
      const operator = flip ? convolve1d : corr1d;
      const cosine = operator(wave(0), kernel, { algorithm: "direct" }).data;
      // H exp(i w n), of which the cosine is the real part.
      cosine.forEach((value: number, i: number) => {
        const angle = 2 * Math.PI * f * i;
        expect(value).toBeCloseTo(real[0] * Math.cos(angle) - imag[0] * Math.sin(angle), 12);
        expect(value).toBeCloseTo(magnitude[0] * Math.cos(angle + phase[0]), 12);
      });
    }
  });

  it("is exact at quarters of a cycle", () => {
    const { real, imag } = kernels.frequencyResponse([1, -2, 1], [0, 0.25, 0.5, -0.25, 1]);
    expect([...real]).toEqual([0, -2, -4, -2, 0]);
    expect([...imag].map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
  });

  it("of a matrix takes pairs, of a column numbers", () => {
    const { real } = kernels.frequencyResponse(kernels.laplacian(), [
      [0, 0],
      [0.5, 0],
      [0.5, 0.5],
    ]);
    expect([...real]).toEqual([0, -4, -8]);
    const column = kernels.derivative(2, { axis: "y" });
    expect([...kernels.frequencyResponse(column, Float64Array.of(0.5)).real]).toEqual([-4]);
    expect([...kernels.frequencyResponse(column, [[0.5, 0.3]]).real]).toEqual([-4]);
  });
});

describe("the arithmetic behind", () => {
  it("rounds fractions to the nearest number", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
        fc.bigInt({ min: 1n, max: 10n ** 40n }),
        (a, b) => {
          const value = quotient(a, b);
          // |a / b - value| <= half a unit in the last place, in whole numbers: value is m 2^e.
          const exponent = value === 0 ? 0 : Math.floor(Math.log2(Math.abs(value))) - 54;
          const scale = 2n ** BigInt(Math.abs(exponent));
          const m = BigInt(value * 2 ** -exponent);
          const difference = exponent < 0 ? a * scale - m * b : a - m * scale * b;
          const unit = exponent < 0 ? b : scale * b;
          expect((difference < 0n ? -difference : difference) <= 2n * unit).toBe(true);
        },
      ),
      { seed: 2, numRuns: 500 },
    );
    expect([quotient(1n, 3n), quotient(-2n, -6n), quotient(0n, -5n), quotient(7n, -2n)]).toEqual([
      1 / 3,
      1 / 3,
      0,
      -3.5,
    ]);
  });

  it("has polynomials that are 1 at their own node and 0 at the others", () => {
    for (const [size, centre] of [
      [1, 0],
      [4, 1.5],
      [5, 0],
      [6, 5],
    ]) {
      lagrangePolynomials(size, centre).forEach(({ numerators, denominator }, j) => {
        for (let node = 0; node < size; node++) {
          const t = BigInt(2 * (node - centre));
          const value = numerators.reduceRight((sum, numerator) => sum * t + numerator, 0n);
          expect(value).toBe(node === j ? denominator : 0n);
        }
      });
    }
  });
});

describe("bad arguments", () => {
  const untyped = kernels as unknown as Record<string, (...args: unknown[]) => unknown>;
  const bad: [string, unknown[], string][] = [
    ["derivative", [], "order"],
    ["derivative", [-1], "order"],
    ["derivative", [1.5], "order"],
    ["derivative", [99], "order"],
    ["derivative", [[1, 2, 3]], "order"],
    ["derivative", [[1, "2"]], "order[1]"],
    ["derivative", [[1, 1], { axis: "x" }], "axis"],
    ["derivative", [1, { axis: "z" }], "axis"],
    ["derivative", [2, { size: 2 }], "size"],
    ["derivative", [2, { size: 100 }], "size"],
    ["derivative", [2, { size: 5, accuracy: 2 }], "accuracy"],
    ["derivative", [2, { accuracy: 0 }], "accuracy"],
    ["derivative", [2, { accuracy: 200 }], "accuracy"],
    ["derivative", [2, { accuracy: 2, centre: 0 }], "centre"],
    ["derivative", [2, { centre: 0.3 }], "centre"],
    ["derivative", [2, { centre: 3 }], "centre"],
    ["derivative", [2, { dtype: "int8" }], "dtype"],
    ["derivative", [2, { order: 1 }], "order"],
    ["integral", [], "size"],
    ["integral", [1], "size"],
    ["integral", [4, { rule: "simpson" }], "size"],
    ["integral", [[3, 4], { rule: "simpson" }], "size[1]"],
    ["integral", [52, { rule: "newton-cotes" }], "size"],
    ["integral", [4, { rule: "gauss" }], "rule"],
    ["integral", [4, { axis: 1 }], "axis"],
    ["lowpass", [5], "cutoff"],
    ["lowpass", [5, { cutoff: 0.5 }], "cutoff"],
    ["lowpass", [0, { cutoff: 0.2 }], "size"],
    ["lowpass", [5, { cutoff: 0.2, window: "sinc" }], "window"],
    ["moments", [], "kernel"],
    ["moments", [[]], "kernel"],
    ["moments", [[1], { centre: 0 }], "centre"],
    ["moments", [[1], { count: [0, 1] }], "count[0]"],
    ["frequencyResponse", [[1]], "frequencies"],
    ["frequencyResponse", [[1], ["0"]], "frequencies[0]"],
    [
      "frequencyResponse",
      [
        [
          [1, 2],
          [3, 4],
        ],
        [0.1],
      ],
      "frequencies[0]",
    ],
    ["frequencyResponse", [[1], [0.1], { flip: 1 }], "flip"],
    ["frequencyResponse", [[1], [0.1], { centre: "0" }], "centre"],
  ];
  it.each(bad)("%s(...%j) names the argument", (name, args, argument) => {
    let error: unknown;
    try {
      untyped[name](...args);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(Corr2dError);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringContaining(argument) });
  });
});
