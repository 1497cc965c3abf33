// SPDX-License-Identifier: MIT
// Designed kernels beside inputs of every element type, on every implementation: their weights are written out here,
// by their definitions, and all sums are taken in float64.
import { type Corr2dError, createEngine, kernels, type TensorLike } from "corr2d";
import { describe, expect, it } from "vitest";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { Random } from "../helpers/random.ts";

type Kernel = TensorLike;
type TypedArray = Float32Array | Float64Array | Uint8Array | Int8Array | Int32Array;
type Rows = readonly (readonly number[])[];

const transposed = (rows: Rows) => rows[0].map((_, x) => rows.map((row) => row[x]));
const outer = (column: readonly number[], row: readonly number[]) => column.map((c) => row.map((r) => c * r));
const normalised = (values: readonly number[]) => {
  const sum = values.reduce((a, b) => a + b);
  return values.map((value) => value / sum);
};

/** cv2.getDerivKernels(1, 0, size) of OpenCV 4.6: along the axis, across it. */
const derivKernels = {
  3: [
    [-1, 0, 1],
    [1, 2, 1],
  ],
  5: [
    [-1, -2, 0, 2, 1],
    [1, 4, 6, 4, 1],
  ],
  7: [
    [-1, -4, -5, 0, 5, 4, 1],
    [1, 6, 15, 20, 15, 6, 1],
  ],
} as const;

const bell = normalised([-2, -1, 0, 1, 2].map((x) => Math.exp((-x * x) / 2 / 0.9 ** 2)));
const sinc = normalised(
  [-2, -1, 0, 1, 2].map((k) => {
    const hamming = 0.54 + 0.46 * Math.cos((Math.PI * k) / 2);
    return hamming * (k === 0 ? 0.4 : Math.sin(0.4 * Math.PI * k) / (Math.PI * k));
  }),
);

const cases: { name: string; make: () => Kernel; rows: Rows }[] = [
  ...([3, 5, 7] as const).flatMap((size) => {
    const rows = outer(derivKernels[size][1], derivKernels[size][0]);
    return [
      { name: `sobel x ${size}`, make: () => kernels.sobel("x", { size }), rows },
      { name: `sobel y ${size}`, make: () => kernels.sobel("y", { size }), rows: transposed(rows) },
    ];
  }),
  { name: "prewitt x", make: () => kernels.prewitt("x"), rows: outer([1, 1, 1], [-1, 0, 1]) },
  { name: "scharr y", make: () => kernels.scharr("y"), rows: outer([-1, 0, 1], [3, 10, 3]) },
  {
    name: "laplacian",
    make: () => kernels.laplacian(),
    rows: [
      [0, 1, 0],
      [1, -4, 1],
      [0, 1, 0],
    ],
  },
  {
    name: "sharpen",
    make: () => kernels.sharpen(),
    rows: [
      [0, -1, 0],
      [-1, 5, -1],
      [0, -1, 0],
    ],
  },
  {
    name: "emboss",
    make: () => kernels.emboss(),
    rows: [
      [-2, -1, 0],
      [-1, 1, 1],
      [0, 1, 2],
    ],
  },
  { name: "identity", make: () => kernels.identity(3), rows: outer([0, 1, 0], [0, 1, 0]) },
  { name: "box", make: () => kernels.box(3), rows: outer([1, 1, 1], [1 / 9, 1 / 9, 1 / 9]) },
  { name: "gaussian", make: () => kernels.gaussian({ sigma: 0.9, size: 5 }), rows: outer(bell, bell) },
  {
    name: "gaussian float64",
    make: () => kernels.gaussian({ sigma: 0.9, size: 5, dtype: "float64" }),
    rows: outer(bell, bell),
  },
  { name: "derivative", make: () => kernels.derivative(4), rows: [[1, -4, 6, -4, 1]] },
  {
    name: "derivative float64",
    make: () => kernels.derivative([2, 0], { dtype: "float64" }),
    rows: [[1], [-2], [1]],
  },
  {
    name: "derivative 1/12",
    make: () => kernels.derivative(1, { accuracy: 4 }),
    rows: [[1 / 12, -2 / 3, 0, 2 / 3, -1 / 12]],
  },
  { name: "integral", make: () => kernels.integral(4, { rule: "box" }), rows: [[1, 1, 1, 1]] },
  {
    name: "integral simpson",
    make: () => kernels.integral(3, { rule: "simpson" }),
    rows: [[1 / 3, 4 / 3, 1 / 3]],
  },
  { name: "lowpass", make: () => kernels.lowpass([5, 1], { cutoff: 0.2 }), rows: sinc.map((tap) => [tap]) },
];

const isWhole = (rows: Rows) => rows.flat().every(Number.isInteger);

const arrays = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array, int8: Int8Array } as const;
type ElementType = keyof typeof arrays;
const elementTypes = Object.keys(arrays) as ElementType[];

function imageOf(dtype: ElementType, height = 13, width = 37): TensorLike<TypedArray> {
  const random = new Random(7);
  const value = { uint8: () => random.integer(0, 255), int8: () => random.integer(-128, 127) };
  const real = () => random.next() * 2 - 1;
  const next = dtype === "uint8" || dtype === "int8" ? value[dtype] : real;
  return { data: arrays[dtype].from(Array.from({ length: height * width }, next)), shape: [height, width] };
}

/** sum over ky, kx of w[ky, kx] x[oy + ky, ox + kx], and of the magnitudes of these products. */
function define({ data, shape: [height, width] }: TensorLike<TypedArray>, rows: Rows) {
  const sums: number[] = [];
  const magnitudes: number[] = [];
  for (let oy = 0; oy + rows.length <= height; oy++) {
    for (let ox = 0; ox + rows[0].length <= width; ox++) {
      let sum = 0;
      let magnitude = 0;
      rows.forEach((row, ky) => {
        row.forEach((weight, kx) => {
          const product = weight * data[(oy + ky) * width + ox + kx];
          sum += product;
          magnitude += Math.abs(product);
        });
      });
      sums.push(sum);
      magnitudes.push(magnitude);
    }
  }
  return { sums, magnitudes };
}

const outputs = {
  float32: Float32Array,
  float64: Float64Array,
  uint8: Int32Array,
  int8: Int32Array,
} as const;

/** Integers are exact. Real sums of K products err by K + 1 roundings each, of which one is the weight's, and a few of its formula. */
function check(
  actual: TypedArray,
  image: TensorLike<TypedArray>,
  rows: Rows,
  dtype: ElementType,
  what: string,
) {
  expect(actual, what).toBeInstanceOf(outputs[dtype]);
  const { sums, magnitudes } = define(image, rows);
  expect(actual.length, what).toBe(sums.length);
  const unit = { float32: 2 ** -24, float64: 2 ** -53, uint8: 0, int8: 0 }[dtype];
  const roundings = rows.length * rows[0].length + 8;
  sums.forEach((sum, i) => {
    const error = Math.abs(actual[i] - sum);
    if (!(error <= roundings * unit * magnitudes[i]))
      throw new Error(`${what}, element ${i} is off by ${error}`);
  });
}

const reversed = (rows: Rows) => rows.map((row) => row.toReversed()).toReversed();
const asWeights = ({ data, shape }: Kernel) => ({ data, shape: [1, 1, ...shape] });
const asBatch = ({ data, shape }: TensorLike<TypedArray>) => ({ data, shape: [1, 1, ...shape] });

/** The operators as they are called without types, which do not know which kernels are whole. */
type Untyped = Record<string, (...args: unknown[]) => { data: TypedArray } & Promise<{ data: TypedArray }>>;

function refusal(call: () => unknown): Corr2dError {
  try {
    call();
  } catch (error) {
    return error as Corr2dError;
  }
  throw new Error("did not throw");
}

forEachImplementation({}, (on) => {
  it.each(cases)("$name takes the element type of its input", async ({ name, make, rows }) => {
    const { engine } = on;
    const untyped = engine as unknown as Untyped;
    for (const dtype of elementTypes) {
      const image = imageOf(dtype);
      const isInteger = dtype === "uint8" || dtype === "int8";
      const kernel = make();
      if ((isInteger && !isWhole(rows)) || (name === "gaussian float64" && dtype === "float32")) {
        // Asked for in float64, a kernel of real weights is not rounded behind one's back.
        for (const call of [
          () => untyped.corr2d(image, kernel),
          () => untyped.convolve2d(image, kernel, { mode: "same" }),
          () => untyped.conv2d(asBatch(image), asWeights(kernel)),
        ]) {
          const { code, message } = refusal(call);
          expect(code).toBe("INVALID_ARGUMENT");
          if (isInteger)
            expect(message).toMatch(/whole numbers from -128 to 127.*as float32 it takes any kernel/);
        }
        continue;
      }
      const what = `${name} ${dtype}`;
      check(untyped.corr2d(image, kernel).data, image, rows, dtype, what);
      check((await untyped.corr2dAsync(image, kernel)).data, image, rows, dtype, `${what} async`);
      check(untyped.convolve2d(image, kernel).data, image, reversed(rows), dtype, `${what} flipped`);
      const [x, weights] = [asBatch(image), asWeights(kernel)];
      check(untyped.conv2d(x, weights).data, image, rows, dtype, `${what} layer`);
      check((await untyped.conv2dAsync(x, weights)).data, image, rows, dtype, `${what} layer async`);
      if (isInteger) {
        const plan = engine.planConv2d(x.shape, weights, { inputDtype: dtype });
        check(plan.run(x.data as never).data, image, rows, dtype, `${what} plan`);
        plan.dispose();
      }
    }
  });

  it("so do the operators of real numbers alone", async () => {
    const { engine } = on;
    for (const { make, rows, name } of cases) {
      const image = imageOf("float64") as TensorLike<Float64Array>;
      const kernel = make();
      const { data, shape } = kernel;
      const width = image.shape[1];
      const line = { data: image.data.subarray(0, width), shape: [1, width] };
      if (shape[0] === 1) {
        const flat = { data, shape: [1, 1, shape[1]] };
        check(engine.corr1d(line.data, kernel).data, line, rows, "float64", `${name} corr1d`);
        check(
          engine.corr1d(line.data, data, { algorithm: "fft" }).data,
          line,
          rows,
          "float64",
          `${name} fft`,
        );
        check(engine.convolve1d(line.data, data).data, line, reversed(rows), "float64", `${name} convolve1d`);
        check(
          (await engine.corr1dAsync(line.data, kernel)).data,
          line,
          rows,
          "float64",
          `${name} corr1dAsync`,
        );
        check(
          engine.conv1d({ data: line.data, shape: [1, 1, width] }, flat).data,
          line,
          rows,
          "float64",
          `${name} conv1d`,
        );
      }
      const volume = { data: image.data, shape: [1, 1, 1, ...image.shape] };
      const filters = { data, shape: [1, 1, 1, ...shape] };
      check(engine.conv3d(volume, filters).data, image, rows, "float64", `${name} conv3d`);
      // The full convolution, of which the part where all weights lie inside the image is the flipped correlation.
      const crop = [shape[0] - 1, shape[0] - 1, shape[1] - 1, shape[1] - 1] as const;
      const transposedBy = (output: TensorLike) => {
        const [, , height, rowLength] = output.shape;
        const kept: number[] = [];
        for (let y = crop[0]; y < height - crop[1]; y++) {
          for (let x = crop[2]; x < rowLength - crop[3]; x++) kept.push(output.data[y * rowLength + x]);
        }
        return Float64Array.from(kept);
      };
      const full = engine.convTranspose2d(asBatch(image) as TensorLike, asWeights(kernel));
      expect(full.data).toBeInstanceOf(Float64Array);
      check(transposedBy(full), image, reversed(rows), "float64", `${name} convTranspose2d`);
      const inputShape = [1, 1, image.shape[0] + shape[0] - 1, width + shape[1] - 1];
      const gradient = engine.conv2dGradInput(inputShape, asWeights(kernel), asBatch(image) as TensorLike);
      check(transposedBy(gradient), image, reversed(rows), "float64", `${name} conv2dGradInput`);
    }
  });
});

describe("a designed kernel", () => {
  const engine = createEngine({ backend: "reference" });

  it("is known to the types of the operators: integers come out", async () => {
    const bytes = { data: Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9, 200), shape: [3, 3] };
    const { corr2d, conv2d } = await engine;
    const edges: Int32Array = corr2d(bytes, kernels.sobel("x")).data;
    const layer: Int32Array = conv2d({ ...bytes, shape: [1, 1, 3, 3] }, asWeights(kernels.sobel("x"))).data;
    expect([...edges, ...layer]).toEqual([191, 191]);
  });

  it("that was written to is an array like any other", async () => {
    const image = imageOf("float64");
    const kernel = kernels.sobel("x");
    kernel.data[0] = -3;
    const { corr2d } = (await engine) as unknown as Untyped;
    expect(refusal(() => corr2d(image, kernel)).message).toContain("float64 elements, as x has");
    expect(corr2d(imageOf("float32"), kernel).data).toBeInstanceOf(Float32Array);
    const plain = { data: Float32Array.of(1, 2), shape: [1, 2] };
    expect(refusal(() => corr2d(image, plain)).message).toContain("float64 elements, as x has");
    expect(refusal(() => corr2d(imageOf("uint8"), plain)).message).toContain("int8 elements, as x has uint8");
  });

  it("with whole weights beyond int8 says which, beside integers", async () => {
    const { corr2d } = (await engine) as unknown as Untyped;
    const wide = kernels.derivative(10);
    expect(refusal(() => corr2d(imageOf("uint8"), wide)).message).toContain("from -128 to 127");
    expect(corr2d(imageOf("float64"), wide).data).toBeInstanceOf(Float64Array);
  });

  it("of float64 streams over float64", async () => {
    const kernel = kernels.lowpass(5, { cutoff: 0.2, dtype: "float64" });
    const stream = (await engine).streamCorr1d({ kernel });
    const line = imageOf("float64", 1) as TensorLike<Float64Array>;
    const outputs = [...stream.push(line.data), ...stream.flush()];
    check(Float64Array.from(outputs), line, [sinc], "float64", "stream");
  });

  it("beside a nested input is float32, as ever, or what inputDtype says", async () => {
    const one = await engine;
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 10],
    ];
    expect(one.corr2d(rows, kernels.sobel("x"))).toEqual({ data: Float32Array.of(9), shape: [1, 1] });
    const untyped = one as unknown as Untyped;
    const weights = asWeights(kernels.sobel("x"));
    expect(untyped.conv2d([[rows]], weights, { inputDtype: "uint8" }).data).toEqual(Int32Array.of(9));
    expect(untyped.conv2d([[rows]], weights).data).toEqual(Float32Array.of(9));
  });
});

it("every kernel is among the cases", () => {
  const names = new Set(cases.map(({ name }) => name.split(" ")[0]));
  expect([...names, "frequencyResponse", "moments"].sort()).toEqual(Object.keys(kernels).sort());
});
