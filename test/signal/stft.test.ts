// SPDX-License-Identifier: MIT
// stft, istft, spectrograms and their streams: what must hold of them beside the answers of SciPy.
import {
  corr1d,
  getWindow,
  type Spectra,
  type StreamStftOptions,
  spectrogram,
  stft,
  streamStft,
  type Window,
} from "corr2d";
import { describe, expect, it } from "vitest";
import { Random } from "../helpers/random.ts";

import { dtypes, noise, square, sumOf } from "../helpers/signals.ts";

describe("stft", () => {
  const windows: Window[] = ["hann", "hamming", "blackman", "boxcar", { kind: "gaussian", sigma: 4 }];

  it("is a convolution with windowed waves, its hop the stride", () => {
    const x = noise(100, 3);
    const window = getWindow("hann", 16);
    const { real, imag } = stft(x, {
      windowLength: 16,
      hop: 5,
      border: "none",
      padded: false,
      scaling: "none",
    });
    const [bins, frames] = real.shape;
    for (let k = 0; k < bins; k++) {
      const wave = (f: (angle: number) => number) =>
        window.map((value, n) => value * f((-2 * Math.PI * k * n) / 16));
      for (const [part, f] of [[real, Math.cos] as const, [imag, Math.sin] as const]) {
        const expected = corr1d(x, wave(f), { strides: 5, algorithm: "direct" }).data;
        expect(expected).toHaveLength(frames);
        expected.forEach((value: number, i: number) => {
          expect(Math.abs(part.data[k * frames + i] - value)).toBeLessThan(1e-13);
        });
      }
    }
  });

  it("shows a tone at its frequency, with half its amplitude", () => {
    const x = Float64Array.from({ length: 1000 }, (_, i) => 3 * Math.cos((2 * Math.PI * 50 * i) / 400));
    const { values, frequencies, times } = spectrogram(x, {
      ...({ sampleRate: 400, windowLength: 80, mode: "magnitude", scaling: "spectrum" } as const),
    });
    const frame = Math.floor(times.length / 2);
    const column = Array.from(frequencies, (_, k) => values.data[k * times.length + frame]);
    expect(frequencies[column.indexOf(Math.max(...column))]).toBe(50);
    expect(Math.max(...column)).toBeCloseTo(1.5, 12);
    expect(times[frame]).toBe((frame * 40) / 400);
  });

  it("of density sums up to the power of the signal (Parseval)", () => {
    const x = noise(4096, 9);
    for (const windowLength of [64, 63]) {
      const { values, frequencies } = spectrogram(x, {
        ...({
          window: "boxcar",
          windowLength,
          hop: windowLength,
          border: "none",
          padded: false,
          sampleRate: 7,
        } as const),
      });
      const frames = values.shape[1];
      const total = sumOf(values.data, (value) => value) * frequencies[1];
      const power = sumOf(x.slice(0, frames * windowLength), square);
      expect(total / frames).toBeCloseTo(power / (frames * windowLength), 12);
    }
  });

  it("as a stream has the bits of one call, however it is cut", () => {
    const random = new Random(11);
    for (let seed = 0; seed < 80; seed++) {
      const dtype = random.pick(dtypes);
      const options: StreamStftOptions = {
        window: random.pick(windows),
        windowLength: random.integer(1, 40),
        hop: random.integer(1, 60),
        border: random.pick(["constant", "none"]),
        padded: random.chance(0.5),
        detrend: random.pick(["none", "constant"]),
        sampleRate: 8000,
      };
      const x = noise(random.integer(40, 300), seed, dtype);
      const whole = stft(x, options);
      const stream = streamStft({ ...options, dtype });
      for (let run = 0; run < 2; run++) {
        const parts: Spectra[] = [];
        for (let i = 0; i < x.length; ) {
          const length = random.integer(0, 70);
          parts.push(stream.push(x.slice(i, i + length)));
          i += length;
        }
        parts.push(stream.flush());
        const [bins, frames] = whole.real.shape;
        expect(parts.flatMap(({ times }) => [...times])).toEqual([...whole.times]);
        for (const part of ["real", "imag"] as const) {
          const rows = Array.from({ length: bins }, (_, k) =>
            parts.flatMap((spectra) => {
              const columns = spectra[part].shape[1];
              return [...spectra[part].data.subarray(k * columns, (k + 1) * columns)];
            }),
          );
          expect(rows.flat(), `seed ${seed} ${JSON.stringify(options)}`).toEqual([...whole[part].data]);
          expect(rows[0]).toHaveLength(frames);
        }
      }
    }
  });
});
