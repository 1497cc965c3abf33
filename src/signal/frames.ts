// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkOneOf, checkPositive, type Names } from "../input/options.ts";
import { type Border, borders } from "../spec/border.ts";
import { readSignal } from "./signal.ts";
import { checkLength, getWindow, type Window } from "./window.ts";

/** What spectra are multiplied by, in SciPy's words. */
export type StftScaling =
  /** 1 / sum(window): a wave of amplitude 1 has magnitude 1/2 at its frequency, a constant magnitude 1 at 0. */
  | "spectrum"
  /** 1 / sqrt(sampleRate * sum(window^2)): the squared magnitude is a power spectral density, for both signs of frequency. */
  | "psd"
  /** 1: the plain transform, as PyTorch's and librosa's. */
  | "none";

/** How a signal is cut into frames and weighted. Options and defaults are the same for stft and istft. */
export interface FrameOptions {
  /** Default "hann", periodic. An array is a window of its own length. */
  readonly window?: Window | FloatArray | readonly number[];
  /** Samples in a frame. Default 256, or the length of the window given. SciPy's nperseg. */
  readonly windowLength?: number;
  /** Samples from one frame to the next: the stride. Default half a frame. SciPy's nperseg - noverlap. */
  readonly hop?: number;
  /** Length of the transform; frames are followed by zeros. Default the length of the window. SciPy's nfft. */
  readonly fftLength?: number;
  /**
   * What half a frame on each side of the signal is filled with, so that frame number i is centred at sample i * hop.
   * "none": no border, and frame i begins there. Default "constant": zeros. ("mirror" is SciPy's boundary "even" and
   * PyTorch's pad_mode "reflect".)
   */
  readonly border?: Border | "none";
  /** Default "spectrum". */
  readonly scaling?: StftScaling;
  /** Samples in a second: the unit of frequencies and times. Default 1. */
  readonly sampleRate?: number;
}

export const frameOptionNames: Names<FrameOptions> = {
  ...{ window: true, windowLength: true, hop: true, fftLength: true, border: true, scaling: true },
  ...{ sampleRate: true },
};

/** How a signal is cut into frames, with everything resolved. */
export interface FrameSpec {
  readonly window: Float64Array;
  readonly hop: number;
  readonly fftLength: number;
  /** Samples of border on each side. */
  readonly pad: number;
  /** The middle of the first frame, in samples of the signal. */
  readonly offset: number;
  readonly border: Border;
  /** What spectra are multiplied by. */
  readonly scale: number;
  readonly sampleRate: number;
}

/** The length of a window that no option tells. */
const defaultLength = 256;

/** Checks the options that stft, istft and spectrogram share. Throws INVALID_ARGUMENT. */
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
  // Written so that NaN is refused. Beyond, float32 spectra would overflow or vanish.
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

/** How many frames fit into so many samples, border included; with `padded` as many as it takes to reach each sample. */
export function frameCount(samples: number, { window, hop }: FrameSpec, padded: boolean): number {
  const steps = (samples - window.length) / hop;
  return padded ? Math.max(Math.ceil(steps), 0) + 1 : Math.max(Math.floor(steps) + 1, 0);
}
