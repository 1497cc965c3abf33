// SPDX-License-Identifier: MIT
import { allocate, dtypeOf } from "../dtype.ts";
import { checkArity, checkOneOf, type Names, readOptions } from "../input/options.ts";
import { Tensor } from "../tensor.ts";
import type { StftScaling } from "./frames.ts";
import type { Signal } from "./signal.ts";
import { resolveStft, type StftOptions, stftOptionNames, transformFrames } from "./stft.ts";

export interface SpectrogramOptions extends StftOptions {
  /**
   * "power" (default) gives squared magnitudes with both signs of frequency together: they are doubled, except at 0
   * and, for an even fftLength, at half the sample rate. "magnitude" and "phase" (in radians) are those of the
   * transform.
   */
  readonly mode?: "power" | "magnitude" | "phase";
  /** Default "psd": power per hertz, in squared units of the signal. "spectrum" gives squared units. */
  readonly scaling?: StftScaling;
}

const optionNames: Names<SpectrogramOptions> = { ...stftOptionNames, mode: true };

/** The strength of each frequency in each frame. */
export interface Spectrogram {
  /** [frequencies, frames] */
  readonly values: Tensor;
  readonly frequencies: Float64Array;
  readonly times: Float64Array;
}

/**
 * Computes the spectrogram of a signal: its `stft`, squared. Options and defaults are those of stft, except for the
 * scaling. `scipy.signal.spectrogram` gives the same with the same arguments. SciPy's own defaults are those of
 * `window: { kind: "tukey", alpha: 0.25 }`, `hop: windowLength - floor(windowLength / 8)`, `detrend: "constant"`,
 * `border: "none"` and `padded: false`.
 *
 * Throws INVALID_ARGUMENT, naming the argument.
 */
export function spectrogram(x: Signal, options?: SpectrogramOptions): Spectrogram {
  checkArity("spectrogram", arguments.length, 2);
  const { mode = "power", scaling = "psd", ...given } = readOptions(options, optionNames);
  checkOneOf(mode, ["power", "magnitude", "phase"], "mode");
  const resolved = resolveStft({ ...given, scaling });
  const { real, imag, frequencies, times } = transformFrames(x, resolved);
  const dtype = dtypeOf(real.data, "x");
  const values = allocate(dtype, real.data.length);
  const [bins, frames] = real.shape;
  const isEven = resolved.spec.fftLength % 2 === 0;
  for (let k = 0, at = 0; k < bins; k++) {
    const factor = k === 0 || (isEven && k === bins - 1) ? 1 : 2;
    for (let i = 0; i < frames; i++, at++) {
      const re = real.data[at];
      const im = imag.data[at];
      if (mode === "power") values[at] = factor * (re * re + im * im);
      else values[at] = mode === "magnitude" ? Math.hypot(re, im) : Math.atan2(im, re);
    }
  }
  return { values: new Tensor(values, [bins, frames]), frequencies, times };
}
