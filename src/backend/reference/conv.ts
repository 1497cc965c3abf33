// SPDX-License-Identifier: MIT
import { type FloatArray, isInteger, type TypedArray } from "../../dtype.ts";
import { activationFunction } from "../../spec/activation.ts";
import type { ConvTask } from "../../spec/task.ts";
import { direct } from "./direct.ts";
import { type Geometry, geometryOf } from "./geometry.ts";
import { im2col, tilePixels } from "./im2col.ts";
import { integerOutput } from "./integer-output.ts";
import { countOfPiece } from "./pieces.ts";
import type { ReferenceProgram } from "./program.ts";
import { strided } from "./strided.ts";
import { winograd, winogradBytes } from "./winograd.ts";

const runners = { direct, im2col, strided, winograd };

/** Computes a convolution by the algorithm that its task names. */
export function convReference(task: ConvTask): ReferenceProgram {
  // The first run makes the geometry. For an absurdly large output its tables would not fit, but nor would the output.
  let geometry: Geometry | undefined;
  const { run, bytes } = runnerOf(task);
  return {
    workspaceBytes: bytes,
    run(x, _b, _c, out) {
      geometry ??= geometryOf(task.spec);
      run(geometry, x as TypedArray, out as TypedArray);
    },
    inSteps: (x, _b, _c, out) => convolveInPieces(task, x as TypedArray, out as TypedArray),
  };
}

type Run = (geometry: Geometry, input: TypedArray, output: TypedArray) => void;

/** Returns the function that computes a convolution, and the bytes that it needs. */
function runnerOf({ spec, algorithm, weights, bias, scale }: ConvTask): { run: Run; bytes: number } {
  if (isInteger(spec.dtype)) {
    const finish = integerOutput(spec, scale);
    return {
      run: (geometry, input, output) => direct(spec, geometry, weights, bias, finish, input, output),
      bytes: 0,
    };
  }
  const runner = runners[algorithm as keyof typeof runners];
  const activation = activationFunction(spec.activation);
  const depth = (spec.inChannels / spec.groups) * spec.kernelHeight * spec.kernelWidth;
  return {
    run: (geometry, input, output) => {
      const [w, b] = [weights as FloatArray, bias as FloatArray | null];
      runner(spec, geometry, w, b, activation, input as FloatArray, output as FloatArray);
    },
    bytes: {
      direct: 0,
      im2col: 8 * tilePixels(depth) * (depth + 1),
      strided: 8 * depth,
      winograd: winogradBytes(spec),
    }[algorithm as keyof typeof runners],
  };
}

/** Runs a convolution in pieces: one image, some output channels of a group and some rows at a time. */
function* convolveInPieces(task: ConvTask, input: TypedArray, output: TypedArray): Generator<void> {
  const { spec } = task;
  const whole = geometryOf(spec);
  const groupIn = spec.inChannels / spec.groups;
  const groupOut = spec.outChannels / spec.groups;
  const depth = groupIn * spec.kernelHeight * spec.kernelWidth;
  // Four rows are whole squares of winograd. Fewer than eight channels would gather or transform the input too often.
  const [unit, fewest] = [4, 8];
  const row = Math.min(unit, spec.outHeight) * spec.outWidth * depth;
  const fits = countOfPiece(groupOut, row * groupOut);
  const channels = Math.min(
    groupOut,
    Math.max(
      Math.min(fewest, fits),
      countOfPiece(groupOut, spec.outHeight * spec.outWidth * depth * groupOut),
    ),
  );
  const rows =
    unit * countOfPiece(Math.ceil(spec.outHeight / unit), spec.outHeight * spec.outWidth * depth * channels);
  for (let group = 0; group < spec.groups; group++) {
    for (let first = group * groupOut; first < (group + 1) * groupOut; first += channels) {
      const outChannels = Math.min(channels, (group + 1) * groupOut - first);
      const partOf = <A extends TypedArray>(array: A | null, length = 1) =>
        array && (array.subarray(first * length, (first + outChannels) * length) as A);
      const part = { ...spec, batch: 1, groups: 1, inChannels: groupIn, outChannels };
      for (let from = 0; from < spec.outHeight; from += rows) {
        const outHeight = Math.min(rows, spec.outHeight - from);
        const padding = [...spec.padding] as [number, number, number, number];
        padding[0] -= from * spec.strides[0];
        const { run } = runnerOf({
          ...task,
          spec: { ...part, outHeight, padding },
          weights: partOf(task.weights, depth) as TypedArray,
          bias: partOf(task.bias),
          scale: partOf(task.scale),
        });
        const taps = spec.kernelHeight;
        const geometry = {
          ...whole,
          sourceRow: whole.sourceRow.subarray(from * taps, (from + outHeight) * taps),
        };
        for (let n = 0; n < spec.batch; n++) {
          run(
            geometry,
            input.subarray(n * whole.input.batch + group * groupIn * whole.input.channel),
            output.subarray(n * whole.output.batch + first * whole.output.channel + from * whole.output.row),
          );
          yield;
        }
      }
    }
  }
}
