// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planFft } from "../../dist/signal/fft.js";
import { realFft } from "../../dist/signal/real-fft.js";

import { noise, square, sumOf } from "../helpers/signals.ts";

describe("the Fourier transform", () => {
  /** Largest error of an output relative to the length of the spectrum, and what Higham's theorem 24.2 allows. */
  it("has a small error at every length", () => {
    for (let n = 1; n <= 200; n++) {
      const re = noise(n, n);
      const im = noise(n, n + 1000);
      const a = Float64Array.from(re);
      const b = Float64Array.from(im);
      planFft(n).forward(a, b);
      let error = 0;
      let norm = 0;
      for (let k = 0; k < n; k++) {
        let sumRe = 0;
        let sumIm = 0;
        for (let t = 0; t < n; t++) {
          const angle = (2 * Math.PI * ((k * t) % n)) / n;
          sumRe += re[t] * Math.cos(angle) + im[t] * Math.sin(angle);
          sumIm += im[t] * Math.cos(angle) - re[t] * Math.sin(angle);
        }
        error += (sumRe - a[k]) ** 2 + (sumIm - b[k]) ** 2;
        norm += sumRe ** 2 + sumIm ** 2;
      }
      // Chirps take three transforms of up to 4 n; the oracle's angles are rounded to 3 units each.
      const transforms = 3 * 7 * (Math.log2(n) + 2) * 2 ** -53;
      const oracle = (n + 20) * 2 ** -53;
      expect(Math.sqrt(error / norm), `length ${n}`).toBeLessThan(transforms + oracle);
    }
  });

  it("keeps energy (Parseval), is linear and turns shifts into phases", () => {
    const length = fc.constantFrom(1, 2, 12, 60, 64, 74, 97, 128, 211);
    fc.assert(
      fc.property(length, fc.nat(1e6), fc.nat(210), (n, seed, by) => {
        const x = noise(n, seed);
        const y = noise(n, seed + 1);
        const spectrum = (signal: ArrayLike<number>) => {
          const re = Float64Array.from(signal);
          const im = new Float64Array(n);
          planFft(n).forward(re, im);
          return { re, im };
        };
        const X = spectrum(x);
        const Y = spectrum(y);
        const Z = spectrum(Array.from(x, (value, i) => 2 * value - y[i]));
        const S = spectrum(Array.from(x, (_, i) => x[(i + by) % n]));
        const tolerance = n * 1e-14;
        let energy = 0;
        for (let k = 0; k < n; k++) {
          energy += (X.re[k] ** 2 + X.im[k] ** 2) / n;
          expect(Math.abs(Z.re[k] - (2 * X.re[k] - Y.re[k]))).toBeLessThan(tolerance);
          const angle = (2 * Math.PI * ((k * by) % n)) / n;
          expect(Math.abs(S.re[k] - (X.re[k] * Math.cos(angle) - X.im[k] * Math.sin(angle)))).toBeLessThan(
            tolerance,
          );
        }
        expect(Math.abs(energy - sumOf(x, square))).toBeLessThan(tolerance);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it("of real sequences is remembered for a few lengths, and right for all", () => {
    for (const n of [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 8, 17]) {
      const { bins, forward, length } = realFft(n);
      const re = new Float64Array(bins);
      forward(new Float64Array(n).fill(1), re, new Float64Array(bins));
      expect([length, bins, Math.round(re[0])]).toEqual([n, Math.floor(n / 2) + 1, n]);
    }
  });
});
