// SPDX-License-Identifier: MIT
import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import { type NestedArray, Tensor, type TensorLike } from "../tensor.ts";
import { checkSize, readKernel } from "./kernel.ts";

export interface MomentsOptions {
  /** [y, x] of the point that distances are counted from, in samples. Default (size - 1) / 2, the middle. */
  readonly centre?: readonly [number, number];
  /** The number of moments along [y, x], from power 0 on. Default: the number of samples. */
  readonly count?: readonly [number, number];
}

const optionNames: Names<MomentsOptions> = { centre: true, count: true };

/**
 * Computes the moments of a kernel in float64: at [p, q] of the result,
 *
 *     sum over y, x of kernel[y, x] * (y - centreY)^p * (x - centreX)^q
 *
 * The moments tell what a kernel does to polynomials, and so what it computes:
 *
 * - 1 at [0, 0] keeps flat areas, and 0 answers them with 0;
 * - m! at [0, m] and 0 elsewhere is the m-th derivative along x (`derivative`), exact up to the powers listed;
 * - 0 at [0, 1] and [1, 0] does not shift the image.
 *
 * The kernel is a matrix; a bare typed array or an array of numbers stands for a row. Throws INVALID_ARGUMENT.
 */
export function moments(
  kernel: TensorLike | NestedArray | Float32Array | Float64Array,
  options?: MomentsOptions,
): Tensor<Float64Array> {
  checkArity("moments", arguments.length, 2);
  const given = readOptions(options, optionNames);
  const { data, shape } = readKernel(kernel);
  const [height, width] = shape;
  const { centre: point = [(height - 1) / 2, (width - 1) / 2], count = [height, width] } = given;
  const centre = checkNumbers(point, "centre");
  const counts = checkNumbers(count, "count");
  const [rows, columns] = counts.map((size, axis) => checkSize(size, `count[${axis}]`));
  const table = new Float64Array(rows * columns);
  for (let p = 0; p < rows; p++) {
    for (let q = 0; q < columns; q++) {
      let sum = 0;
      for (let y = 0; y < height; y++) {
        const distance = (y - centre[0]) ** p;
        for (let x = 0; x < width; x++) sum += data[y * width + x] * distance * (x - centre[1]) ** q;
      }
      table[p * columns + q] = sum;
    }
  }
  return new Tensor(table, [rows, columns]);
}

function checkNumbers(value: unknown, name: string): readonly number[] {
  if (!Array.isArray(value) || value.length !== 2 || ![value[0], value[1]].every(Number.isFinite)) {
    throw invalid("two finite numbers, [y, x],", name, value);
  }
  return value.slice() as number[];
}
