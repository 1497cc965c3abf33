// SPDX-License-Identifier: MIT
import type { FloatDType } from "../dtype.ts";
import { checkArity, checkOneOf, type Names, readOptions } from "../input/options.ts";
import { frameCount } from "./frames.ts";
import { readChunk, SampleQueue, type Signal } from "./signal.ts";
import {
  allocateSpectra,
  frameTransform,
  resolveStft,
  type Spectra,
  type StftOptions,
  stftOptionNames,
} from "./stft.ts";

export interface StreamStftOptions extends StftOptions {
  /** Default "constant". Only "none" is another choice, as all other borders need samples that are still to come. */
  readonly border?: "constant" | "none";
  /** The element type of the signal. Default "float32". */
  readonly dtype?: FloatDType;
}

const optionNames: Names<StreamStftOptions> = { ...stftOptionNames, dtype: true };

/** A short-time Fourier transform that is fed piece by piece. */
export interface SpectraStream {
  /** Returns the spectra of the frames that are complete now; often there are none. */
  push(chunk: Signal): Spectra;
  /** Ends the signal and returns the last spectra. The next `push` begins another signal. */
  flush(): Spectra;
}

/**
 * Transforms a signal that comes in chunks. The columns of `push` and `flush`, one after the other, are to the last bit
 * those of one `stft` of all samples. Throws INVALID_ARGUMENT, naming the argument.
 */
export function streamStft(options?: StreamStftOptions): SpectraStream {
  checkArity("streamStft", arguments.length, 1);
  const { dtype = "float32", ...given } = readOptions(options, optionNames);
  checkOneOf(dtype, ["float32", "float64"], "dtype");
  if (given.border !== undefined) checkOneOf(given.border, ["constant", "none"], "border");
  const { spec, padded, detrend } = resolveStft(given);
  const { window, hop, pad } = spec;
  const transform = frameTransform(spec, detrend);
  const frame = new Float64Array(window.length);
  const queue = new SampleQueue(dtype);
  let first = 0; // This many frames were returned.
  let skip = 0; // This many of the next samples lie between frames, as the hop is longer than the window.
  let samples = 0; // The signal has this many samples so far.
  const begin = () => {
    queue.clear();
    queue.pushZeros(pad);
    first = skip = samples = 0;
  };
  const advance = (count: number): Spectra => {
    const spectra = allocateSpectra(spec, count, dtype, first);
    for (let i = 0; i < count; i++) {
      const skipped = Math.min(skip, queue.length);
      queue.drop(skipped);
      const part = queue.view(Math.min(window.length, queue.length));
      frame.set(part);
      frame.fill(0, part.length);
      transform(frame, spectra, i);
      const used = Math.min(hop, queue.length);
      queue.drop(used);
      skip = hop - used;
    }
    first += count;
    return spectra;
  };
  begin();
  return {
    push(chunk) {
      checkArity("push", arguments.length, 1);
      const given = readChunk(chunk, dtype);
      queue.push(given);
      samples += given.length;
      if (samples === 0) return advance(0);
      return advance(frameCount(samples + pad, spec, false) - first);
    },
    flush() {
      queue.pushZeros(pad);
      const count = samples === 0 ? 0 : frameCount(samples + 2 * pad, spec, padded);
      const spectra = advance(Math.max(count - first, 0));
      begin();
      return spectra;
    },
  };
}
