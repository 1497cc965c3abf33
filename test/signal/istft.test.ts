// SPDX-License-Identifier: MIT
// istft undoes stft with the same options, whatever they are, or says that it cannot: the error that is allowed and the
// cases that are lost follow from the window and hop alone.
import {
  Corr2dError,
  getWindow,
  istft,
  type StftOptions,
  type StreamStftOptions,
  stft,
  streamStft,
} from "corr2d";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FloatArray } from "../helpers/oracle.ts";
import { borders, type DType, dtypes, noise } from "../helpers/signals.ts";

const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });

/** Options of stft, each of them there or not. */
const anyOptions: fc.Arbitrary<StftOptions> = fc
  .record({
    window: maybe(
      fc.oneof(
        fc.constantFrom("hann", "hamming", "blackman", "boxcar", "bartlett", "cosine", "flattop"),
        fc.constant({ kind: "gaussian", sigma: 4 } as const),
        fc.array(fc.constantFrom(0, 1, 2, -1, 0.5, 1e-3, -300), { minLength: 1, maxLength: 12 }),
      ),
    ),
    windowLength: maybe(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5 }))),
    hop: maybe(
      fc.oneof(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 300 }),
      ),
    ),
    more: maybe(fc.integer({ min: 0, max: 9 })),
    fftLength: maybe(fc.constantFrom(64, 63, 256, 257, 300)),
    border: maybe(fc.constantFrom(...borders, "none" as const)),
    scaling: maybe(fc.constantFrom("spectrum", "psd", "none")),
    sampleRate: maybe(fc.constantFrom(1, 3, 48000)),
    padded: maybe(fc.boolean()),
    detrend: maybe(fc.constantFrom("none", "none", "none", "none", "constant")),
  })
  .map(({ more, ...given }) => {
    const options: Record<string, unknown> = { ...given };
    if (Array.isArray(given.window)) delete options.windowLength;
    if (more !== undefined) options.fftLength = windowOf(options).length + more;
    for (const name of Object.keys(options)) if (options[name] === undefined) delete options[name];
    return options;
  });

/** The window that the documentation promises. */
function windowOf({ window = "hann", windowLength = 256 }: StftOptions): Float64Array {
  if (typeof window === "string" || "kind" in window) return getWindow(window, windowLength);
  return Float64Array.from(window);
}

/** What is known of each sample of the signal: the squared windows over it, and how many frames they are of. */
function weightsOf(options: StftOptions, frames: number, length: number) {
  const window = windowOf(options);
  const hop = options.hop ?? Math.ceil(window.length / 2);
  const pad = options.border === "none" ? 0 : Math.floor(window.length / 2);
  return Array.from({ length }, (_, sample) => {
    let weight = 0;
    let count = 0;
    for (let i = 0; i < frames; i++) {
      const value = window[sample + pad - i * hop] ?? 0;
      weight += value * value;
      if (value !== 0) count++;
    }
    return { weight, count };
  });
}

/**
 * The transform of a frame y has a rounding error of at most u |X[k]| at each frequency, which the inverse turns into at
 * most u ||y|| at each sample: sum |X[k]| / N <= sqrt(N) ||X|| / N = ||y||. Weighting and dividing make sqrt(frames /
 * weight) of it. Transforms in float64 add at most (21 log2 N + 3) 2^-53 ||y|| each way.
 */
function boundOf(options: StftOptions, dtype: DType, { weight, count }: { weight: number; count: number }) {
  const window = windowOf(options);
  const norm = Math.sqrt(window.reduce((sum, value) => sum + value * value, 0)); // samples are below 1
  const unit = dtype === "float32" ? 2 ** -24 : 2 ** -53;
  const transforms = 2 * (21 * Math.log2(options.fftLength ?? window.length) + 3) * 2 ** -53;
  return (unit + transforms) * norm * Math.sqrt(count / weight) + 4 * unit;
}

const roundTrip = (x: FloatArray, options: StftOptions, length = x.length) =>
  istft(stft(x, options), { ...options, length }).data;

describe("istft(stft(x, o), { ...o, length })", () => {
  const outcomes = { back: 0, lost: 0, refused: 0 };

  it("is x, or an error where samples are lost, for every o", () => {
    fc.assert(
      fc.property(
        anyOptions,
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom(...dtypes),
        (options, length, dtype) => {
          const x = noise(length, length, dtype);
          let spectra: ReturnType<typeof stft>;
          try {
            spectra = stft(x, options);
          } catch (error) {
            expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
            outcomes.refused++;
            return;
          }
          const weights = weightsOf(options, spectra.real.shape[1], length);
          const most = windowOf(options).reduce((largest, value) => Math.max(largest, value * value), 0);
          const isLost =
            options.detrend === "constant" || weights.some(({ weight }) => !(weight > 1e-10 * most));
          let back: FloatArray;
          try {
            back = istft(spectra, { ...options, length }).data;
          } catch (error) {
            expect(error).toBeInstanceOf(Corr2dError);
            expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
            expect(isLost, String(error)).toBe(true);
            outcomes.lost++;
            return;
          }
          expect(isLost).toBe(false);
          outcomes.back++;
          expect(back).toHaveLength(length);
          expect(back.constructor).toBe(x.constructor);
          x.forEach((value: number, i: number) => {
            const error = Math.abs(back[i] - value);
            if (error > boundOf(options, dtype, weights[i]))
              throw new Error(`sample ${i} is off by ${error}`);
          });
        },
      ),
      { seed: 10, numRuns: 1000 },
    );
    // Neither is a rarity, or the property would say little.
    expect(Math.min(outcomes.back, outcomes.lost), JSON.stringify(outcomes)).toBeGreaterThan(300);
  });

  it("takes the defaults of stft: 256 samples in a frame, whatever the length of the transform", () => {
    const x = noise(700, 1);
    for (const options of [{}, { fftLength: 512 }, { fftLength: 257 }]) {
      roundTrip(x, options).forEach((value, i) => {
        expect(Math.abs(value - x[i])).toBeLessThan(1e-13);
      });
      expect(istft(stft(x, options), options).data).toHaveLength(768);
    }
    expect(() => istft(stft(x, { windowLength: 128 }))).toThrow("129 frequencies");
  });

  it("takes odd windows", () => {
    const x = noise(100, 2);
    for (const windowLength of [1, 3, 63]) {
      const back = istft(stft(x, { windowLength }), { windowLength, length: 100 }).data;
      expect(Math.max(...back.map((value, i) => Math.abs(value - x[i])))).toBeLessThan(1e-13);
    }
  });

  it("gives the samples under the second half of the last frame, as far as they go", () => {
    const options = { windowLength: 8, hop: 4, border: "mirror", scaling: "none", padded: false } as const;
    const x = noise(11, 3);
    const spectra = stft(x, options); // three frames: the last one reaches sample 11
    expect(istft(spectra, options).data).toHaveLength(8);
    expect(Math.max(...roundTrip(x, options).map((value, i) => Math.abs(value - x[i])))).toBeLessThan(1e-14);
    expect(() => istft(spectra, { ...options, length: 13 })).toThrow(
      "from 0 to 12 for length but received 13",
    );
  });

  it("says which sample is lost, and by what", () => {
    const x = noise(40, 4);
    const lost = (options: StftOptions) => () => roundTrip(x, options);
    expect(lost({ windowLength: 4, hop: 2, border: "none" })).toThrow(
      "sample 0 does) for hop but received 2",
    );
    expect(lost({ window: "boxcar", windowLength: 8, hop: 9 })).toThrow(
      "sample 4 does) for hop but received 9",
    );
    expect(lost({ windowLength: 8, padded: false, border: "none", window: "boxcar", hop: 5 })).toThrow(
      "for length",
    );
    expect(lost({ windowLength: 8, detrend: "constant" })).toThrow('for detrend but received "constant"');
    const open = { window: [0, 1, 1, 0], hop: 4, padded: false } as const;
    expect(() => istft(stft(x.subarray(0, 1), open), { ...open, length: 2 })).toThrow(
      "for length but received 2",
    );
    expect(() =>
      istft(stft(x, { windowLength: 8 }), { windowLength: 8, hop: 2 ** 31 - 1, length: 40 }),
    ).toThrow("hop");
  });

  it("undoes a stream of spectra as well", () => {
    for (const border of ["constant", "none"] as const) {
      const options: StreamStftOptions = { fftLength: 300, window: "hamming", border };
      const x = noise(1000, 5, "float32");
      const stream = streamStft(options);
      const parts = [stream.push(x.subarray(0, 700)), stream.push(x.subarray(700)), stream.flush()];
      const plane = (part: "real" | "imag") =>
        (parts[0][part].toArray() as number[][]).map((row, k) => [
          ...row,
          ...parts.slice(1).flatMap((spectra) => (spectra[part].toArray() as number[][])[k]),
        ]);
      const whole = { real: plane("real"), imag: plane("imag") };
      const back = istft(whole as never, { ...options, length: 1000 }).data;
      expect(Math.max(...back.map((value, i) => Math.abs(value - x[i])))).toBeLessThan(1e-5);
    }
  });
});
