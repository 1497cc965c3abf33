// SPDX-License-Identifier: MIT
// Convolution arithmetic, held to what convolutions do.
import {
  type ConvOptions,
  Corr2dError,
  conv2d,
  conv2dCost,
  corr2d,
  explainShape,
  outputShape,
  receptiveField,
  samePadding,
  type WindowLayer,
} from "corr2d";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const ones = (...shape: number[]) => ({
  data: new Float64Array(shape.reduce((a, b) => a * b)).fill(1),
  shape,
});

const size = (min: number, max: number) => fc.integer({ min, max });
const pair = (min: number, max: number) => fc.tuple(size(min, max), size(min, max));
const border = fc.constantFrom("constant", "replicate", "reflect", "mirror", "wrap");

/** Layers, most of which fit into each other. */
const layer = fc.record({
  kernelSize: pair(1, 3),
  strides: pair(1, 3),
  dilations: pair(1, 2),
  padding: fc.oneof(
    fc.tuple(size(0, 2), size(0, 2), size(0, 2), size(0, 2)),
    fc.constantFrom("same", "valid", "full"),
  ),
  border,
}) as fc.Arbitrary<WindowLayer>;

/** The stack with all weights 1 on an image: no two paths can cancel out. */
function run(layers: readonly WindowLayer[], image: Float64Array, shape: readonly number[]) {
  let x = { data: image, shape: [1, 1, ...shape] as readonly number[] };
  for (const { kernelSize, ...options } of layers) {
    x = conv2d(x, ones(1, 1, ...(kernelSize as readonly number[])), options as ConvOptions) as typeof x;
  }
  return x;
}

describe("receptiveField", () => {
  it("names exactly the pixels whose change an output feels", () => {
    fc.assert(
      fc.property(fc.array(layer, { minLength: 0, maxLength: 3 }), pair(4, 9), (layers, inputSize) => {
        const [height, width] = inputSize;
        let outSize: readonly number[];
        try {
          outSize = run(layers, new Float64Array(height * width), inputSize).shape.slice(2);
        } catch {
          expect(() => receptiveField(layers, { inputSize })).toThrow(Corr2dError);
          return;
        }
        const field = receptiveField(layers, { inputSize });
        expect(field.outputSize).toEqual(outSize);
        // felt[output][pixel]
        const felt: boolean[][] = Array.from({ length: outSize[0] * outSize[1] }, () => []);
        for (let pixel = 0; pixel < height * width; pixel++) {
          const image = new Float64Array(height * width);
          image[pixel] = 1;
          run(layers, image, inputSize).data.forEach((value, output) => {
            felt[output][pixel] = value !== 0;
          });
        }
        felt.forEach((expected, output) => {
          const { rows, columns } = field.of(Math.floor(output / outSize[1]), output % outSize[1]);
          const actual = expected.map(() => false);
          for (const row of rows) for (const column of columns) actual[row * width + column] = true;
          expect(actual).toEqual(expected);
        });
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it("spans what it says, from where it says, at the distance it says", () => {
    const plain = layer.filter(({ padding, strides }) => padding !== "same" || String(strides) === "1,1");
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 4 }), size(0, 50), size(0, 50), (layers, oy, ox) => {
        const field = receptiveField(layers.map(({ border: _, ...rest }) => rest));
        const { rows, columns } = field.of(oy, ox);
        [rows, columns].forEach((seen, axis) => {
          const first = field.start[axis] + [oy, ox][axis] * field.jump[axis];
          expect([seen[0], seen.at(-1)]).toEqual([first, first + field.size[axis] - 1]);
          expect(field.centre[axis]).toBe(field.start[axis] + (field.size[axis] - 1) / 2);
        });
        expect(field.outputSize).toBeUndefined();
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it("is that of published networks", () => {
    // Araujo et al., table of architectures: AlexNet's last pooling sees 195 pixels with an effective stride of 32,
    // VGG-16's 212 with 32.
    const alexnet = [
      { kernelSize: 11, strides: 4, padding: 2 },
      { kernelSize: 3, strides: 2 },
      { kernelSize: 5, padding: 2 },
      { kernelSize: 3, strides: 2 },
      { kernelSize: 3, padding: 1 },
      { kernelSize: 3, padding: 1 },
      { kernelSize: 3, padding: 1 },
      { kernelSize: 3, strides: 2 },
    ];
    expect(receptiveField(alexnet)).toMatchObject({ size: [195, 195], jump: [32, 32] });
    const block = (convolutions: number) => [
      ...Array.from({ length: convolutions }, () => ({ kernelSize: 3, padding: 1 })),
      { kernelSize: 2, strides: 2 },
    ];
    const vgg16 = [2, 2, 3, 3, 3].flatMap(block);
    expect(receptiveField(vgg16, { inputSize: 224 })).toMatchObject({
      size: [212, 212],
      jump: [32, 32],
      start: [-90, -90],
      outputSize: [7, 7],
    });
  });

  it("of no layers is the pixel itself", () => {
    const field = receptiveField([]);
    expect(field).toMatchObject({ size: [1, 1], jump: [1, 1], start: [0, 0], centre: [0, 0] });
    expect(field.of(3, 4)).toEqual({ rows: [3], columns: [4] });
  });

  const bad: [string, () => unknown, string][] = [
    ["no array", () => receptiveField({} as never), "layers"],
    ["no layer", () => receptiveField([null as never]), "layers[0]"],
    ["no kernel", () => receptiveField([{} as never]), "layers[0].kernelSize"],
    [
      "a kernel of 0",
      () => receptiveField([{ kernelSize: 3 }, { kernelSize: [1, 0] }]),
      "layers[1].kernelSize[1]",
    ],
    ["a slip", () => receptiveField([{ kernelSize: 3, stride: 2 } as never]), "layers[0]"],
    [
      "no such border",
      () => receptiveField([{ kernelSize: 3, border: "zero" as never }]),
      "layers[0].border",
    ],
    [
      "same without a size",
      () => receptiveField([{ kernelSize: 3, strides: 2, padding: "same" }]),
      "inputSize",
    ],
    ["a border without a size", () => receptiveField([{ kernelSize: 3, border: "wrap" }]), "inputSize"],
    ["a kernel that is too large", () => receptiveField([{ kernelSize: 5 }], { inputSize: 4 }), "layers[0]"],
    ["no such output", () => receptiveField([{ kernelSize: 3 }], { inputSize: 4 }).of(0, 2), "ox"],
    ["a negative output", () => receptiveField([{ kernelSize: 3 }]).of(-1, 0), "oy"],
    ["to list what has no end", () => receptiveField([{ kernelSize: 2 ** 21 }]).of(0, 0), "layers"],
    ["no such option", () => receptiveField([], { size: 4 } as never), "size"],
  ];
  it.each(bad)("refuses %s", (_, call, name) => {
    expect(call).toThrow(Corr2dError);
    expect(call).toThrow(name);
  });
});

describe("samePadding", () => {
  const options = fc.record({ strides: pair(1, 4), dilations: pair(1, 3) });

  it('is what padding: "same" of conv2d comes to', () => {
    fc.assert(
      fc.property(pair(1, 12), pair(1, 5), options, (input, kernel, steps) => {
        const x = ones(1, 1, ...input);
        x.data.forEach((_, i) => {
          x.data[i] = (i * 7) % 11;
        });
        const w = ones(1, 1, ...kernel);
        w.data.forEach((_, i) => {
          w.data[i] = (i * 5) % 7;
        });
        const padding = samePadding(input, kernel, steps);
        const y = conv2d(x, w, { padding, ...steps });
        expect(y.shape.slice(2)).toEqual(input.map((n, axis) => Math.ceil(n / steps.strides[axis])));
        expect(y).toEqual(conv2d(x, w, { padding: "same", ...steps }));
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it("gives kernel size - 1 at stride 1, the larger half at the end", () => {
    expect(samePadding([8, 8], [3, 5])).toEqual([1, 1, 2, 2]);
    expect(samePadding(8, 4)).toEqual([1, 2, 1, 2]);
    expect(samePadding(224, 7, { strides: 2 })).toEqual([2, 3, 2, 3]);
  });

  it.each([
    [() => samePadding(0, 3), "inputSize"],
    [() => samePadding(8, [3, 1.5]), "kernelSize[1]"],
    [() => samePadding(8, 3, { strides: 0 }), "strides"],
    [() => samePadding(8, 3, { stride: 2 } as never), "stride"],
  ] as const)("refuses bad input %#", (call, name) => {
    expect(call).toThrow(Corr2dError);
    expect(call).toThrow(name);
  });
});

describe("conv2dCost", () => {
  it("counts the products that a convolution of ones with ones sums up", () => {
    const spec = fc.record({ strides: pair(1, 3), dilations: pair(1, 2), padding: pair(0, 2) });
    fc.assert(
      fc.property(
        spec,
        pair(5, 8),
        pair(1, 3),
        size(1, 3),
        size(1, 2),
        (options, input, kernel, groups, batch) => {
          const shape = [batch, 2 * groups, ...input];
          const weights = [3 * groups, 2, ...kernel];
          // Padding filled with ones as well: its products count.
          const y = conv2d(ones(...shape), ones(...weights), { ...options, groups, border: "replicate" });
          const cost = conv2dCost(shape, weights, { ...options, groups });
          expect(cost.multiplyAdds).toBe((y.data as Float64Array).reduce((a, b) => a + b, 0));
          expect(cost.flops).toBe(2 * cost.multiplyAdds);
          expect(cost.outputShape).toEqual(y.shape);
        },
      ),
      { seed: 4, numRuns: 100 },
    );
  });

  it("knows layers of published networks", () => {
    // ResNet-50's first layer without bias; VGG-16's with bias, in the other layouts.
    expect(conv2dCost([1, 3, 224, 224], [64, 3, 7, 7], { strides: 2, padding: 3 })).toEqual({
      outputShape: [1, 64, 112, 112],
      parameters: 9408,
      multiplyAdds: 118013952,
      flops: 236027904,
    });
    const nhwc = { inputLayout: "nhwc", filterLayout: "hwio", padding: 1, bias: true } as const;
    expect(conv2dCost([1, 224, 224, 3], [3, 3, 3, 64], nhwc)).toMatchObject({ parameters: 1792 });
  });

  it.each([
    [() => conv2dCost([3, 4], [3, 4]), "inputShape"],
    [() => conv2dCost([1, 3, 8, 8], [3, 3]), "weightsShape"],
    [() => conv2dCost([1, 3, 8, 8], [4, 3, 9, 9]), "weightsShape"],
    [() => conv2dCost([1, 3, 8, 8], [4, 3, 3, 3], { bias: 1 as never }), "bias"],
    [() => conv2dCost([1, 3, 8, 8], [4, 3, 3, 3], { pading: 1 } as never), "pading"],
  ] as const)("refuses bad input %#", (call, name) => {
    expect(call).toThrow(Corr2dError);
    expect(call).toThrow(name);
  });
});

describe("explainShape", () => {
  it("writes the arithmetic out", () => {
    expect(explainShape([1, 3, 224, 223], [64, 3, 7, 7], { strides: 2, padding: 3 })).toBe(
      `input [1, 3, 224, 223], weights [64, 3, 7, 7] -> output [1, 64, 112, 112]
height:
  padding: 224 + 3 (top) + 3 (bottom) = 230 rows
  kernel: 7 rows
  room to move: 230 - 7 = 223
  stride 2: floor(223 / 2) + 1 = 111 + 1 = 112 positions
  never read: the last row (padding alone)
width:
  padding: 223 + 3 (left) + 3 (right) = 229 columns
  kernel: 7 columns
  room to move: 229 - 7 = 222
  stride 2: floor(222 / 2) + 1 = 111 + 1 = 112 positions
channels:
  3 in, 64 out; each output channel sums over all input channels
  products for one output: 3 * 7 * 7 = 147`,
    );
    expect(explainShape([20, 20], [3, 3], { strides: [5, 4], dilations: [1, 6] })).toBe(
      `input [20, 20], kernel [3, 3] -> output [4, 2]
height:
  no padding: 20 rows
  kernel: 3 rows
  room to move: 20 - 3 = 17
  stride 5: floor(17 / 5) + 1 = 3 + 1 = 4 positions
  never read: the last 2 rows, 6 rows of the input between those that are read
width:
  no padding: 20 columns
  kernel: 3 columns, 6 apart, reach over (3 - 1) * 6 + 1 = 13
  room to move: 20 - 13 = 7
  stride 4: floor(7 / 4) + 1 = 1 + 1 = 2 positions
  never read: the last 3 columns, 11 columns of the input between those that are read`,
    );
  });

  it("agrees with outputShape and with what is read", () => {
    const options = fc.record({ strides: pair(1, 5), dilations: pair(1, 4), padding: pair(0, 4) });
    fc.assert(
      fc.property(pair(1, 16), pair(1, 4), options, (input, kernel, steps) => {
        let shape: number[];
        try {
          shape = outputShape.corr2d(input, kernel, steps);
        } catch {
          expect(() => explainShape(input, kernel, steps)).toThrow(Corr2dError);
          return;
        }
        const text = explainShape(input, kernel, steps);
        expect(text.split("\n")[0].endsWith(`[${shape.join(", ")}]`)).toBe(true);
        // What a correlation with ones feels of each row of the input.
        const unread = [0, 1].map((axis) => {
          let count = 0;
          for (let i = 0; i < input[axis]; i++) {
            const x = {
              data: new Float64Array(input[axis]),
              shape: axis === 0 ? [input[0], 1] : [1, input[1]],
            };
            x.data[i] = 1;
            const own = (value: readonly number[], neutral: number) =>
              (axis === 0 ? [value[0], neutral] : [neutral, value[1]]) as [number, number];
            const along = {
              strides: own(steps.strides, 1),
              dilations: own(steps.dilations, 1),
              padding: own(steps.padding, 0),
            };
            const y = corr2d(x, ones(...own(kernel, 1)), along);
            if (y.data.every((value) => value === 0)) count++;
          }
          return count;
        });
        const told = text.split("width:").map((part, axis) => {
          const line = /never read: (.*)/.exec(part)?.[1] ?? "";
          const last = /the last (\d+ )?(row|column)s?( \(padding alone\)| \((\d+) of the input\))?/.exec(
            line,
          );
          const between = /(\d+) (rows?|columns?) of the input between/.exec(line);
          const rest = last === null ? 0 : last[1] === undefined ? 1 : Number(last[1]);
          const ofInput = last?.[3] === undefined ? rest : Number(last[4] ?? 0);
          const padded = input[axis] + 2 * steps.padding[axis];
          const extent = (kernel[axis] - 1) * steps.dilations[axis] + 1;
          expect(rest).toBe((padded - extent) % steps.strides[axis]);
          return ofInput + Number(between?.[1] ?? 0);
        });
        expect(told).toEqual(unread);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it("takes the modes of corr2d, groups, and sizes without end", () => {
    expect(explainShape([8, 8], [3, 4], { mode: "same" })).toContain("8 + 2 (left) + 1 (right) = 11 columns");
    expect(explainShape([1, 4, 8, 8], [8, 1, 3, 3], { groups: 4 })).toContain(
      "4 in, 8 out; 4 groups: each output channel sums over 1 of 4 input channels",
    );
    expect(explainShape([2 ** 31 - 1, 1], [3, 1], { strides: [2, 1] })).toContain("1073741823 positions");
  });

  it.each([
    [() => explainShape([3], [3]), "inputShape"],
    [() => explainShape([2 ** 30, 1], [2 ** 21, 1], { strides: 3 }), "weightsShape"],
    [() => explainShape([3, 4], [3, 4, 5, 6]), "weightsShape"],
    [() => explainShape([3, 4], [3, 4], { groups: 1 } as never), "groups"],
    [() => explainShape([2, 2], [3, 3]), "weightsShape"],
  ] as const)("refuses bad input %#", (call, name) => {
    expect(call).toThrow(Corr2dError);
    expect(call).toThrow(name);
  });
});
