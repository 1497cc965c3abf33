// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkOneOf, checkPositive, type Names } from "../input/options.ts";
import { type Border, borders } from "../spec/border.ts";
import { readSignal } from "./signal.ts";
import { checkLength, getWindow, type Window } from "./window.ts";

/** The factor that multiplies spectra, by SciPy's names. */
export type StftScaling =
  /** 1 / sum(window): a wave of amplitude 1 has magnitude 1/2 at its frequency, a constant 1 has magnitude 1 at 0. */
  | "spectrum"
  /**
   * 1 / sqrt(sampleRate * sum(window^2)): squared magnitudes are a power spectral density over both signs of frequency.
   */
  | "psd"
  /** 1: the plain transform, as in PyTorch and librosa. */
  | "none";

/** How a signal is cut into frames and weighted. Options and defaults are the same for stft and istft. */
export interface FrameOptions {
  /** The window. Default "hann", periodic. An array is a window of its own length. */
  readonly window?: Window | FloatArray | readonly number[];
  /** Samples in a frame, SciPy's nperseg. Default 256, or the length of a window given as an array. */
  readonly windowLength?: number;
  /** Samples from one frame to the next, the stride: SciPy's nperseg - noverlap. Default half a frame, rounded up. */
  readonly hop?: number;
  /** The length of the transform, SciPy's nfft; zeros follow each frame. Default: the length of the window. */
  readonly fftLength?: number;
  /**
   * How half a frame on each side of the signal is filled, so that frame i is centred at sample i * hop. Default
   * "constant": zeros. With "none" there is no border, and frame i begins at sample i * hop. "mirror" is SciPy's
   * boundary "even" and PyTorch's pad_mode "reflect".
   */
  readonly border?: Border | "none";
  /** The factor that multiplies spectra. Default "spectrum". */
  readonly scaling?: StftScaling;
  /** Samples per second, which gives frequencies and times their unit. Default 1. */
  readonly sampleRate?: number;
}

export const frameOptionNames: Names<FrameOptions> = {
  ...{ window: true, windowLength: true, hop: true, fftLength: true, border: true, scaling: true },
  ...{ sampleRate: true },
};

/** How a signal is cut into frames, with every option resolved. */
export interface FrameSpec {
  readonly window: Float64Array;
  readonly hop: number;
  readonly fftLength: number;
  /** Samples of border on each side. */
  readonly pad: number;
  /** The middle of the first frame, in samples of the signal. */
  readonly offset: number;
  readonly border: Border;
  /** The factor that multiplies spectra. */
  readonly scale: number;
  readonly sampleRate: number;
}

/** The length of a window if no option tells it. */
const defaultLength = 256;

/** Resolves the options that stft, istft and spectrogram share. Throws INVALID_ARGUMENT. */
export function resolveFrames(options: FrameOptions): FrameSpec {
  const { border = "constant", scaling = "spectrum", sampleRate = 1, window: given = "hann" } = options;
  const window = resolveWindow(given, options.windowLength);
  const length = window.length;
  const { hop = Math.ceil(length / 2), fftLength = length } = options;
  checkPositive(hop, "hop");
  checkLength(fftLength, "fftLength");
  if (fftLength < length)
    throw invalid(`at least the length of the window (${length})`, "fftLength", fftLength);
  checkOneOf(border, [...borders, "none"], "border");
  checkOneOf(scaling, ["spectrum", "psd", "none"], "scaling");
  if (typeof sampleRate !== "number" || !(sampleRate > 0 && sampleRate < Number.POSITIVE_INFINITY)) {
    throw invalid("a finite number above 0", "sampleRate", sampleRate);
  }
  let sum = 0;
  let squares = 0;
  for (const value of window) {
    sum += value;
    squares += value * value;
  }
  const scale = { spectrum: 1 / sum, psd: 1 / Math.sqrt(sampleRate * squares), none: 1 }[scaling];
  // The comparison refuses NaN. With other factors, float32 spectra would overflow or vanish.
  if (!(Math.abs(scale) >= 2 ** -64 && Math.abs(scale) <= 2 ** 64)) {
    const name = scaling === "psd" ? "sampleRate" : "window";
    const expected = `one that gives scaling "${scaling}" a factor from 2^-64 to 2^64`;
    throw invalid(expected, name, scaling === "psd" ? sampleRate : window);
  }
  return {
    ...{ window, hop, fftLength, scale, sampleRate },
    pad: border === "none" ? 0 : length >> 1,
    offset: border === "none" ? length / 2 : 0,
    border: border === "none" ? "constant" : border,
  };
}

function resolveWindow(window: unknown, length: unknown): Float64Array {
  if (!Array.isArray(window) && !ArrayBuffer.isView(window)) {
    const count = length === undefined ? defaultLength : length;
    checkLength(count, "windowLength");
    return getWindow(window as Window, count);
  }
  const samples = Float64Array.from(readSignal(window as number[], "window", "float64"));
  checkLength(samples.length, "window.length");
  const bad = samples.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw invalid("finite numbers", "window", bad);
  if (length !== undefined && length !== samples.length) {
    throw invalid(`${samples.length}, the length of the window,`, "windowLength", length);
  }
  return samples;
}

/** Counts the frames in this many samples, border included; with `padded`, the frames needed to reach each sample. */
export function frameCount(samples: number, { window, hop }: FrameSpec, padded: boolean): number {
  const steps = (samples - window.length) / hop;
  return padded ? Math.max(Math.ceil(steps), 0) + 1 : Math.max(Math.floor(steps) + 1, 0);
}
