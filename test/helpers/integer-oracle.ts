// SPDX-License-Identifier: MIT
// Integer convolutions by their definition. Sums come from the oracle in float64, which holds them exactly; rounding
// is done here on exact fractions, by comparing with both neighbours.
import type { Activation, ConvCase } from "./conv-case.ts";
import { expectedOf } from "./oracle.ts";
import { Random } from "./random.ts";

export interface IntegerCase {
  readonly shape: ConvCase;
  readonly inputDtype: "int8" | "uint8";
  readonly inputZeroPoint: number;
  readonly activation: Activation;
  readonly output: {
    readonly dtype: "int32" | "float32" | "int8" | "uint8";
    readonly scale: Float32Array;
    readonly zeroPoint: number | undefined;
  };
  /** NCHW and OIHW. */
  readonly operands: {
    readonly x: Int8Array | Uint8Array;
    readonly weights: Int8Array;
    readonly bias: Int32Array | null;
  };
}

type AnyArray = Int8Array | Uint8Array | Int32Array | Float32Array;

/** Each shape with an input type and an output type of its own, so that all of them meet all kinds of shapes. */
export function integerCases(shapes: readonly ConvCase[]): IntegerCase[] {
  return shapes.map((shape) => {
    const random = new Random(shape.seed + 1000);
    const isSigned = random.chance(0.5);
    const [min, max] = isSigned ? [-128, 127] : [0, 255];
    const dtype = random.pick(["int32", "float32", "int8", "uint8"] as const);
    // Extremes are as likely as all else together.
    const draw = (low: number, high: number) =>
      random.chance(0.5) ? random.integer(low, high) : random.pick([low, high]);
    const fill = <A extends AnyArray>(array: A, low: number, high: number): A => {
      for (let i = 0; i < array.length; i++) array[i] = draw(low, high);
      return array;
    };
    const groupIn = shape.inChannels / shape.groups;
    const products = groupIn * shape.kernelHeight * shape.kernelWidth;
    const inputs = shape.batch * shape.inChannels * shape.inHeight * shape.inWidth;
    // Scales of 2^-k make ties; the others do not. Sums are of the order of 2^13 sqrt(products).
    const scale = Float32Array.from({ length: shape.outChannels }, () => {
      const size = 64 / (8192 * Math.sqrt(products));
      return random.chance(0.5) ? 2 ** Math.round(Math.log2(size)) : size * (random.next() - 0.25) * 2;
    });
    const clamp = { kind: "clamp", min: -20.5, max: 31.25 } as const;
    const activations: readonly Activation[] =
      dtype === "int32"
        ? [{ kind: "none" }, { kind: "relu" }]
        : [{ kind: "none" }, { kind: "relu" }, clamp, ...(dtype === "float32" ? [leaky] : [])];
    const zeroPoint = dtype === "int8" ? random.integer(-128, 127) : random.integer(0, 255);
    return {
      shape,
      inputDtype: isSigned ? "int8" : "uint8",
      inputZeroPoint: random.chance(0.3) ? 0 : draw(min, max),
      activation: random.pick(activations),
      output: { dtype, scale, zeroPoint: dtype === "int8" || dtype === "uint8" ? zeroPoint : undefined },
      operands: {
        x: fill(isSigned ? new Int8Array(inputs) : new Uint8Array(inputs), min, max),
        weights: fill(new Int8Array(shape.outChannels * products), -128, 127),
        bias: shape.bias ? fill(new Int32Array(shape.outChannels), -100000, 100000) : null,
      },
    };
  });
}

const leaky = { kind: "leakyRelu", alpha: 0.1 } as const;

/** The sums, exactly: NCHW. Where padding is zeros, the zero point has been subtracted already. */
export function expectedInteger(c: IntegerCase) {
  const { x, weights, bias } = c.operands;
  const { values, shape } = expectedOf({ ...c.shape, activation: { kind: "none" } }, "float64", {
    x: Float64Array.from(x, (value) => value - c.inputZeroPoint),
    weights: Float64Array.from(weights),
    bias: bias === null ? null : Float64Array.from(bias),
  });
  return { sums: Array.from(values), shape };
}

/** From a sum to the output. */
export function quantize(sum: number, oc: number, { activation, output }: IntegerCase): number {
  if (output.dtype === "int32") return activation.kind === "relu" && sum < 0 ? 0 : sum + 0;
  const [scaled] = Float32Array.of(Float32Array.of(sum)[0] * output.scale[oc]);
  const active = activate(scaled, activation);
  if (output.dtype === "float32") return active;
  const [min, max] = output.dtype === "int8" ? [-128, 127] : [0, 255];
  const below = Math.floor(active);
  const above = Math.ceil(active);
  const even = below % 2 === 0 ? below : above;
  const nearest = active - below < above - active ? below : active - below > above - active ? above : even;
  const shifted = nearest + (output.zeroPoint ?? 0);
  return shifted < min ? min : shifted > max ? max : shifted + 0;
}

function activate(x: number, activation: Activation): number {
  // A negative zero passes.
  if (activation.kind === "relu" && x < 0) return 0;
  if (activation.kind === "clamp" && x < activation.min) return activation.min;
  if (activation.kind === "clamp" && x > activation.max) return activation.max;
  if (activation.kind === "leakyRelu") {
    return x < 0 ? Float32Array.of(Float32Array.of(activation.alpha)[0] * x)[0] : x;
  }
  return x;
}

export function outputArray(dtype: IntegerCase["output"]["dtype"], length: number): AnyArray {
  const types = { int32: Int32Array, float32: Float32Array, int8: Int8Array, uint8: Uint8Array };
  return new types[dtype](length);
}

/** `data` with axes `from` (sizes in that order) copied into an array with axes `to`, `offset` elements into its buffer. */
export function layAny<A extends AnyArray>(
  data: A,
  sizes: readonly number[],
  from: string,
  to: string,
  offset: number,
): { data: A; shape: number[] } {
  const shape = [...to].map((axis) => sizes[from.indexOf(axis)]);
  const step = (axis: string) => shape.slice(to.indexOf(axis) + 1).reduce((a, b) => a * b, 1);
  const steps = [...from].map(step);
  const laid = new (data.constructor as new (length: number) => A)(data.length + offset).subarray(
    offset,
  ) as A;
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
