// SPDX-License-Identifier: MIT

import type { FloatArray } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { tagOf } from "../input/intrinsics.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import type { NestedArray, TensorLike } from "../tensor.ts";
import { readKernel } from "./kernel.ts";

export interface FrequencyResponseOptions {
  /** Default false, for the kernel as `corr2d` applies it; true flips it as `convolve2d` does. */
  readonly flip?: boolean;
  /**
   * [y, x] of the kernel's sample that lies on the output, or one number for the axis of a row or column. Default (size
   * - 1) / 2, the middle, which gives symmetric kernels a real response. With `flip`, 0 is the causal filter.
   */
  readonly centre?: number | readonly [number, number];
}

const optionNames: Names<FrequencyResponseOptions> = { flip: true, centre: true };

/** The factor that multiplies each wave, one for each frequency. */
export interface FrequencyResponse {
  readonly real: Float64Array;
  readonly imag: Float64Array;
  /** sqrt(real^2 + imag^2). */
  readonly magnitude: Float64Array;
  /** atan2(imag, real), in radians. */
  readonly phase: Float64Array;
}

/**
 * Computes what a kernel does to waves. Correlation turns x[n] = exp(2 pi i f n) into H(f) x[n] with
 *
 *     H(f) = sum over k of kernel[k] exp(2 pi i f (k - centre))
 *
 * Convolution (`flip`) gives the complex conjugate for real kernels, which `scipy.signal.freqz` computes for centre 0.
 * Frequencies are in cycles per sample: 0 is constant, 0.5 alternates from sample to sample. A kernel that is a row or
 * column takes numbers, any other kernel pairs [vertical, horizontal].
 *
 * Source: A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", 3rd edition, section 2.6. Throws
 * INVALID_ARGUMENT, naming the argument.
 */
export function frequencyResponse(
  kernel: TensorLike | NestedArray | FloatArray,
  frequencies: FloatArray | readonly number[] | readonly (readonly [number, number])[],
  options?: FrequencyResponseOptions,
): FrequencyResponse {
  checkArity("frequencyResponse", arguments.length, 3);
  const { flip = false, centre } = readOptions(options, optionNames);
  if (typeof flip !== "boolean") throw invalid("true or false", "flip", flip);
  const { data, shape } = readKernel(kernel);
  const [height, width] = shape;
  /** The axis that single numbers refer to; undefined for a matrix. */
  const axis = height === 1 ? 1 : width === 1 ? 0 : undefined;
  const middle =
    centre === undefined ? ([(height - 1) / 2, (width - 1) / 2] as const) : readPair(centre, axis, "centre");
  const waves = readFrequencies(frequencies, axis);
  const count = waves.length;
  const real = new Float64Array(count);
  const imag = new Float64Array(count);
  waves.forEach(([fy, fx], i) => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const turns = fy * (y - middle[0]) + fx * (x - middle[1]);
        const [c, s] = wave(flip ? -turns : turns);
        real[i] += data[y * width + x] * c;
        imag[i] += data[y * width + x] * s;
      }
    }
  });
  return {
    real,
    imag,
    magnitude: real.map((value, i) => Math.hypot(value, imag[i])),
    phase: real.map((value, i) => Math.atan2(imag[i], value)),
  };
}

/** Returns the cosine and sine of an angle in turns; both are exact at quarter turns. */
function wave(turns: number): readonly [number, number] {
  const rest = turns - Math.round(turns);
  const quarter = Math.round(4 * rest);
  const angle = 2 * Math.PI * (rest - quarter / 4);
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  if (quarter === 0) return [c, s];
  if (quarter === 1) return [-s, c];
  return quarter === -1 ? [s, -c] : [-c, -s];
}

function readFrequencies(frequencies: unknown, axis: 0 | 1 | undefined): (readonly [number, number])[] {
  if (!Array.isArray(frequencies) && !["Float64Array", "Float32Array"].includes(tagOf(frequencies) ?? "")) {
    throw invalid("an array of frequencies", "frequencies", frequencies);
  }
  return Array.from(frequencies as ArrayLike<unknown>, (value, i) =>
    readPair(value, axis, `frequencies[${i}]`),
  );
}

function readPair(value: unknown, axis: 0 | 1 | undefined, name: string): readonly [number, number] {
  if (axis !== undefined && Number.isFinite(value)) {
    return axis === 0 ? [value as number, 0] : [0, value as number];
  }
  if (Array.isArray(value) && value.length === 2 && [value[0], value[1]].every(Number.isFinite))
    return [value[0], value[1]];
  throw invalid(axis === undefined ? "two finite numbers, [y, x]," : "a finite number", name, value);
}
