// SPDX-License-Identifier: MIT
import { type FloatArray, isInteger, type TypedArray } from "../../dtype.ts";
import { activationFunction } from "../../spec/activation.ts";
import type { ConvTask } from "../../spec/task.ts";
import { direct } from "./direct.ts";
import { type Geometry, geometryOf } from "./geometry.ts";
import { im2col, tilePixels } from "./im2col.ts";
import { integerOutput } from "./integer-output.ts";
import type { ReferenceProgram } from "./program.ts";
import { strided } from "./strided.ts";
import { winograd, winogradBytes } from "./winograd.ts";

const runners = { direct, im2col, strided, winograd };

/** A convolution by the algorithm that its task names. */
export function convReference(task: ConvTask): ReferenceProgram {
  // Made by the first run: the tables of an absurdly large output would not fit, nor will its array then be there.
  let geometry: Geometry | undefined;
  const { run, bytes } = runnerOf(task);
  return {
    workspaceBytes: bytes,
    run(x, _b, _c, out) {
      geometry ??= geometryOf(task.spec);
      run(geometry, x as TypedArray, out as TypedArray);
    },
  };
}

type Run = (geometry: Geometry, input: TypedArray, output: TypedArray) => void;

/** What computes it, and the bytes that it needs. */
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
