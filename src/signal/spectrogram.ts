// SPDX-License-Identifier: MIT
import { allocate, dtypeOf } from "../dtype.ts";
import { checkArity, checkOneOf, type Names, readOptions } from "../input/options.ts";
import { Tensor } from "../tensor.ts";
import type { StftScaling } from "./frames.ts";
import type { Signal } from "./signal.ts";
import { resolveStft, type StftOptions, stftOptionNames, transformFrames } from "./stft.ts";

export interface SpectrogramOptions extends StftOptions {
  /**
   * "power" (default): squared magnitudes, both signs of frequency together: doubled but at 0 and, for an even
   * fftLength, at half the sample rate. "magnitude" and "phase" (radians): of the transform as it is.
   */
  readonly mode?: "power" | "magnitude" | "phase";
  /** Default "psd": power in squared units of the signal for each hertz. "spectrum": squared units. */
  readonly scaling?: StftScaling;
}

const optionNames: Names<SpectrogramOptions> = { ...stftOptionNames, mode: true };

/** How strong each frequency is in each frame. */
export interface Spectrogram {
  /** [frequencies, frames] */
  readonly values: Tensor;
  readonly frequencies: Float64Array;
  readonly times: Float64Array;
}

/**
 * The spectrogram of a signal: its `stft`, squared. Takes the options of stft, and their defaults but for the scaling.
 * As `scipy.signal.spectrogram` with the same arguments; SciPy's own defaults are { window: { kind: "tukey", alpha: 0.25
 * }, hop: windowLength - floor(windowLength / 8), detrend: "constant", border: "none", padded: false }.
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
