// SPDX-License-Identifier: MIT
import { invalid } from "../errors.ts";
import type { Names } from "../options.ts";
import { checkOneOf } from "../resolve.ts";
import { checkPositive } from "../shape.ts";
import { type Border, borders } from "../spec.ts";
import { readSignal } from "./signal.ts";
import type { FrameOptions } from "./stft.ts";
import { checkLength, getWindow, type Window } from "./window.ts";

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

/** Checks the options that stft, istft and spectrogram share. Throws INVALID_ARGUMENT. */
export function resolveFrames(options: FrameOptions, defaultLength: number): FrameSpec {
  const { border = "constant", scaling = "spectrum", sampleRate = 1, window: given = "hann" } = options;
  const window = resolveWindow(given, options.windowLength, defaultLength);
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
  if (!Number.isFinite(scale)) throw invalid("a window whose sum is not 0", "window", options.window);
  return {
    ...{ window, hop, fftLength, scale, sampleRate },
    pad: border === "none" ? 0 : length >> 1,
    offset: border === "none" ? length / 2 : 0,
    border: border === "none" ? "constant" : border,
  };
}

function resolveWindow(window: unknown, length: unknown, defaultLength: number): Float64Array {
  if (!Array.isArray(window) && !ArrayBuffer.isView(window)) {
    const count = length === undefined ? defaultLength : length;
    checkLength(count, "windowLength");
    return getWindow(window as Window, count);
  }
  const samples = Float64Array.from(readSignal(window as number[], "window", "float64"));
  checkLength(samples.length, "window.length");
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
