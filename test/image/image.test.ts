// SPDX-License-Identifier: MIT
// The filters behind `corr2d filter`. They have no public export yet, so they are imported by file.
import { corr2d, kernels, planConv2d } from "corr2d";
import { describe, expect, it } from "vitest";
import { ImageFilter, type ImageFilterOptions } from "../../dist/image/filter.js";
import { gradientOf, type ImageOperator } from "../../dist/image/operator.js";
import type { Pixels } from "../../dist/image/pixels.js";
import { Random } from "../helpers/random.ts";

type Kernel = ReturnType<typeof kernels.box>;
const linear = (kernel: Kernel): ImageOperator => ({ kind: "linear", kernel });
const matrix = (...rows: number[][]): Kernel => ({
  data: Float32Array.from(rows.flat()),
  shape: [rows.length, rows[0].length],
});

function filter(pixels: Pixels, operator: ImageOperator, options?: ImageFilterOptions): Pixels {
  const imageFilter = new ImageFilter({ planConv2d }, pixels, operator, options);
  try {
    return imageFilter.run(pixels);
  } finally {
    imageFilter.dispose();
  }
}

function randomImage(width: number, height: number, channels: Pixels["channels"], seed = 1): Pixels {
  const random = new Random(seed);
  const data = Uint8Array.from({ length: width * height * channels }, () => random.integer(0, 255));
  return { data, width, height, channels };
}

const grey = (width: number, ...data: number[]): Pixels => ({
  data: Uint8Array.from(data),
  width,
  height: data.length / width,
  channels: 1,
});

describe("linear operators", () => {
  it.each([1, 2, 3, 4] as const)("identity keeps an image of %i channels", (channels) => {
    const image = randomImage(7, 5, channels);
    const { data, ...size } = filter(image, linear(kernels.identity(3)));
    expect([...data]).toEqual([...image.data]);
    expect(size).toEqual({ width: 7, height: 5, channels });
  });

  it.each([2, 4] as const)("change the colour and keep the alpha of %i channels", (channels) => {
    const image = randomImage(7, 5, channels);
    const { data } = filter(image, linear(matrix([0])));
    data.forEach((sample, i) => {
      expect(sample).toBe(i % channels === channels - 1 ? image.data[i] : 0);
    });
  });

  it("filter each channel as corr2d does, in the middle", () => {
    const image = randomImage(9, 8, 3);
    const kernel = kernels.sharpen();
    const { data } = filter(image, linear(kernel));
    for (let channel = 0; channel < 3; channel++) {
      const plane = {
        data: Float32Array.from({ length: 72 }, (_, i) => image.data[3 * i + channel]),
        shape: [8, 9],
      };
      const expected = corr2d(plane, kernel, { mode: "same" }).data;
      for (let y = 1; y < 7; y++) {
        for (let x = 1; x < 8; x++) {
          const value = Math.min(Math.max(expected[9 * y + x], 0), 255);
          expect(data[3 * (9 * y + x) + channel]).toBe(value);
        }
      }
    }
  });

  it("round half to even and saturate", () => {
    const image = grey(6, 1, 3, 5, 200, 255, 0);
    expect([...filter(image, linear(matrix([0.5]))).data]).toEqual([0, 2, 2, 100, 128, 0]);
    expect([...filter(image, linear(matrix([2]))).data]).toEqual([2, 6, 10, 255, 255, 0]);
    expect([...filter(image, linear(matrix([-1]))).data]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("repeat the edge pixel unless another border is asked for", () => {
    const image = grey(4, 10, 20, 30, 40);
    const left = linear(matrix([1, 0, 0]));
    expect([...filter(image, left).data]).toEqual([10, 10, 20, 30]);
    expect([...filter(image, left, { border: "constant" }).data]).toEqual([0, 10, 20, 30]);
    expect([...filter(image, left, { border: "mirror" }).data]).toEqual([20, 10, 20, 30]);
    expect([...filter(image, left, { border: "wrap" }).data]).toEqual([40, 10, 20, 30]);
  });

  it("put the centre of an even kernel where corr2d's mode same puts it", () => {
    const image = randomImage(6, 5, 1);
    const kernel = matrix([0.125, 0.25, 0.125, 0], [0.25, 0.125, 0, 0.125]);
    const plane = { data: Float32Array.from(image.data), shape: [5, 6] };
    const expected = new Uint8ClampedArray(corr2d(plane, kernel, { mode: "same" }).data);
    expect([...filter(image, linear(kernel), { border: "constant" }).data]).toEqual([...expected]);
  });

  it("take a kernel that is larger than the image", () => {
    const image = grey(2, 60, 60, 60, 60);
    expect([...filter(image, linear(kernels.gaussian({ sigma: 2 }))).data]).toEqual([60, 60, 60, 60]);
  });
});

describe("gradient operators", () => {
  const operators = [kernels.sobel, kernels.prewitt, kernels.scharr].map(gradientOf);
  const step = grey(4, 0, 0, 50, 50, 0, 0, 50, 50, 0, 0, 50, 50);

  it("give a straight edge twice its height, whichever the kernel and the direction", () => {
    const transposed = grey(3, 0, 0, 0, 0, 0, 0, 50, 50, 50, 50, 50, 50);
    for (const operator of operators) {
      expect([...filter(step, operator).data]).toEqual([0, 100, 100, 0, 0, 100, 100, 0, 0, 100, 100, 0]);
      expect([...filter(transposed, operator).data]).toEqual([
        0, 0, 0, 100, 100, 100, 100, 100, 100, 0, 0, 0,
      ]);
    }
  });

  it("combine both directions as the length of a vector", () => {
    const plane = { data: Float32Array.from(randomImage(6, 6, 1).data, (v) => v / 8), shape: [6, 6] };
    const image: Pixels = { ...randomImage(6, 6, 1), data: Uint8Array.from(plane.data) };
    plane.data.set(image.data);
    const [gx, gy] = (["x", "y"] as const).map((axis) => corr2d(plane, kernels.sobel(axis)).data);
    const { data } = filter(image, operators[0]);
    const inner = [7, 8, 9, 10, 13, 14, 15, 16, 19, 20, 21, 22].map((i) => data[i]);
    expect(inner).toEqual(
      [...new Uint8ClampedArray(gx.map((g, i) => Math.hypot(g, gy[i]) / 2))].slice(0, 12),
    );
  });

  it("weigh colours by Rec. 709 and give one grey channel without alpha", () => {
    const pixel = (r: number, g: number, b: number) => [r, g, b, 255];
    const image: Pixels = {
      data: Uint8Array.from([
        ...pixel(0, 0, 0),
        ...pixel(0, 0, 0),
        ...pixel(100, 100, 0),
        ...pixel(100, 100, 0),
      ]),
      width: 4,
      height: 1,
      channels: 4,
    };
    const { data, channels } = filter(image, operators[0]);
    expect(channels).toBe(1);
    const edge = Math.round(2 * 100 * (0.2126 + 0.7152));
    expect([...data]).toEqual([0, edge, edge, 0]);
  });
});

describe("an ImageFilter", () => {
  it("computes the same off the event loop", async () => {
    const image = randomImage(31, 17, 4);
    const imageFilter = new ImageFilter({ planConv2d }, image, linear(kernels.gaussian({ sigma: 1 })));
    const now = imageFilter.run(image);
    expect(await imageFilter.runAsync(image)).toEqual(now);
    imageFilter.dispose();
  });

  it("serves images of its size with any channels, each with a result of its own", () => {
    const imageFilter = new ImageFilter({ planConv2d }, { width: 5, height: 4 }, linear(kernels.identity()));
    const images = ([1, 3, 4] as const).map((channels) => randomImage(5, 4, channels, channels));
    const results = images.map((image) => imageFilter.run(image));
    results.forEach((result, i) => {
      expect([...result.data]).toEqual([...images[i].data]);
    });
    imageFilter.dispose();
  });

  it("refuses pixels that are not what they say", () => {
    const imageFilter = new ImageFilter({ planConv2d }, { width: 5, height: 4 }, linear(kernels.identity()));
    const good = randomImage(5, 4, 3);
    expect(() => imageFilter.run({ ...good, width: 4 })).toThrow("an image of 5 x 4 for pixels but received");
    expect(() => imageFilter.run({ ...good, channels: 4 })).toThrow("80 samples");
    expect(() => imageFilter.run({ ...good, channels: 5 as 4 })).toThrow("pixels.channels but received 5");
    expect(() => imageFilter.run({ ...good, data: [] as unknown as Uint8Array })).toThrow("pixels.data");
    imageFilter.dispose();
  });
});
