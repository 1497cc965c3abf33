// SPDX-License-Identifier: MIT
// The data of a case, and its way into and out of the layouts that the library is given.
import type { ConvCase } from "./conv-case.ts";
import type { DType, FloatArray, Operands } from "./oracle.ts";
import { Random } from "./random.ts";

/** What fills the operands: uniform in [-1, 1), or whole numbers whose sums float32 holds exactly. */
export type Filling = "uniform" | "integers";

/** A view of `length` elements that starts `offset` elements into its buffer and has as many behind it. */
export function viewOf(dtype: DType, length: number, offset = 0): FloatArray {
  const type = dtype === "float32" ? Float32Array : Float64Array;
  const bytes = type.BYTES_PER_ELEMENT;
  return new type(new ArrayBuffer((length + 2 * offset) * bytes), offset * bytes, length);
}

/** Seeded operands of a case, NCHW and OIHW. */
export function operandsOf(c: ConvCase, dtype: DType, filling: Filling = "uniform"): Operands {
  const random = new Random(c.seed);
  const draw = filling === "uniform" ? () => 2 * random.next() - 1 : () => random.integer(-8, 8);
  const fill = (length: number) => {
    const data = viewOf(dtype, length);
    for (let i = 0; i < length; i++) data[i] = draw();
    return data;
  };
  const groupIn = c.inChannels / c.groups;
  return {
    x: fill(c.batch * c.inChannels * c.inHeight * c.inWidth),
    weights: fill(c.outChannels * groupIn * c.kernelHeight * c.kernelWidth),
    bias: c.bias ? fill(c.outChannels) : null,
  };
}

export interface Laid {
  readonly data: FloatArray;
  readonly shape: number[];
}

/** `data` with axes `from` (one letter each, sizes in that order) copied into a view with axes `to`. */
export function lay(
  data: FloatArray,
  dtype: DType,
  sizes: readonly number[],
  from: string,
  to: string,
  offset: number,
): Laid {
  const shape = [...to].map((axis) => sizes[from.indexOf(axis)]);
  const step = (axis: string) => shape.slice(to.indexOf(axis) + 1).reduce((a, b) => a * b, 1);
  const steps = [...from].map(step);
  const laid = viewOf(dtype, data.length, offset);
  let next = 0;
  for (let a = 0; a < sizes[0]; a++) {
    for (let b = 0; b < sizes[1]; b++) {
      for (let c = 0; c < sizes[2]; c++) {
        for (let d = 0; d < sizes[3]; d++) {
          laid[a * steps[0] + b * steps[1] + c * steps[2] + d * steps[3]] = data[next++];
        }
      }
    }
  }
  return { data: laid, shape };
}

/** The operands as the case's layouts want them. */
export function layOperands(c: ConvCase, dtype: DType, { x, weights, bias }: Operands) {
  const xSizes = [c.batch, c.inChannels, c.inHeight, c.inWidth];
  const weightSizes = [c.outChannels, c.inChannels / c.groups, c.kernelHeight, c.kernelWidth];
  return {
    x: lay(x, dtype, xSizes, "nchw", c.inputLayout, c.offset),
    weights: lay(weights, dtype, weightSizes, "oihw", c.filterLayout, c.offset),
    bias: bias === null ? undefined : lay(bias, dtype, [1, 1, 1, bias.length], "abcd", "abcd", c.offset).data,
  };
}
