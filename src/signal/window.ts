// SPDX-License-Identifier: MIT
import { invalid } from "../errors.ts";
import { checkArity, checkOneOf, type Names, readObject, readOptions } from "../input/options.ts";

/**
 * The largest length of windows and transforms. It bounds their memory, and catches slips such as hertz for samples.
 */
const mostSamples = 2 ** 24;

/** Checks the length of a window or transform. Throws INVALID_ARGUMENT. */
export function checkLength(value: unknown, name: string): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > mostSamples) {
    throw invalid(`a whole number from 1 to ${mostSamples}`, name, value);
  }
}

/** Sums of cosines: sum over k of (-1)^k a[k] cos(2 pi k n / N). */
const cosineSums = {
  boxcar: [1],
  hann: [0.5, 0.5],
  hamming: [0.54, 0.46],
  blackman: [0.42, 0.5, 0.08],
  nuttall: [0.3635819, 0.4891775, 0.1365995, 0.0106411],
  blackmanharris: [0.35875, 0.48829, 0.14128, 0.01168],
  flattop: [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368],
} as const;

const plainNames = [
  ...(Object.keys(cosineSums) as (keyof typeof cosineSums)[]),
  "bartlett",
  "cosine",
] as const;
const kinds = [...plainNames, "gaussian", "kaiser", "tukey"] as const;

/** The windows, by SciPy's names. */
export type Window =
  | (typeof plainNames)[number]
  | { readonly kind: (typeof plainNames)[number] }
  /** exp(-(n - centre)^2 / (2 sigma^2)), sigma in samples. */
  | { readonly kind: "gaussian"; readonly sigma: number }
  /** I0(beta sqrt(1 - (2 n / N - 1)^2)) / I0(beta) with the modified Bessel function I0; beta >= 0. */
  | { readonly kind: "kaiser"; readonly beta: number }
  /** Flat, with the share `alpha` (0 to 1) of it tapered like hann. */
  | { readonly kind: "tukey"; readonly alpha: number };

export interface GetWindowOptions {
  /**
   * Default false, which gives one period of length N = `length` of a periodic window, as spectra need it. True gives N
   * = length - 1, with the last sample equal to the first, as filter design needs it.
   */
  readonly symmetric?: boolean;
}

const optionNames: Names<GetWindowOptions> = { symmetric: true };

/**
 * Returns a window of `length` samples n = 0 .. length - 1, as `scipy.signal.get_window` does, whose `fftbins` is the
 * opposite of `symmetric`.
 *
 * Source: F. J. Harris, "On the Use of Windows for Harmonic Analysis with the Discrete Fourier Transform", Proceedings
 * of the IEEE 66 (1978); nuttall and flattop have the coefficients of SciPy. Throws INVALID_ARGUMENT.
 */
export function getWindow(window: Window, length: number, options?: GetWindowOptions): Float64Array {
  checkArity("getWindow", arguments.length, 3);
  const { symmetric = false } = readOptions(options, optionNames);
  if (typeof symmetric !== "boolean") throw invalid("true or false", "symmetric", symmetric);
  checkLength(length, "length");
  const { kind, at } = formula(window);
  if (length === 1) return Float64Array.of(1);
  const period = symmetric ? length - 1 : length;
  const samples = Float64Array.from({ length }, (_, n) => at(n, period));
  return kind === "boxcar" ? samples.fill(1) : samples;
}

type Formula = (n: number, period: number) => number;

function formula(window: unknown): { kind: string; at: Formula } {
  const given = typeof window === "string" ? { kind: window } : { ...(window as object) };
  const kind = checkOneOf((given as { kind?: unknown }).kind, kinds, "window");
  const own = { gaussian: { sigma: true }, kaiser: { beta: true }, tukey: { alpha: true } } as const;
  readObject<object>(given, "window", { kind: true }, own[kind as keyof typeof own] ?? {});
  const { sigma, beta, alpha } = given as Record<string, unknown>;
  switch (kind) {
    case "gaussian": {
      const s = checkRange(
        sigma,
        "window.sigma",
        Number.MIN_VALUE,
        Number.MAX_VALUE,
        "a finite number above 0",
      );
      return { kind, at: (n, period) => Math.exp(-(((n - period / 2) / s) ** 2) / 2) };
    }
    case "kaiser": {
      const b = checkRange(beta, "window.beta", 0, 700, "a number from 0 to 700");
      return {
        kind,
        at: (n, period) =>
          besselI0(b * Math.sqrt(Math.max(1 - ((2 * n) / period - 1) ** 2, 0))) / besselI0(b),
      };
    }
    case "tukey": {
      const a = checkRange(alpha, "window.alpha", 0, 1, "a number from 0 to 1");
      return { kind, at: (n, period) => tukey(Math.min(n, period - n) / period, a) };
    }
    case "bartlett":
      return { kind, at: (n, period) => 1 - Math.abs((2 * n) / period - 1) };
    case "cosine":
      // This is half a sine wave, over samples in the middle of their intervals.
      return { kind, at: (n, period) => Math.sin((Math.PI * (n + 0.5)) / (period + 1)) };
    default: {
      const terms = cosineSums[kind];
      return { kind, at: (n, period) => cosineSum(terms, n / period) };
    }
  }
}

function cosineSum(terms: readonly number[], phase: number): number {
  let sum = 0;
  terms.forEach((term, k) => {
    sum += (k % 2 === 0 ? term : -term) * Math.cos(2 * Math.PI * k * phase);
  });
  return sum;
}

/** Returns the value at `x`, the distance from the nearer end as a share of the period. */
function tukey(x: number, alpha: number): number {
  return x < alpha / 2 ? (1 - Math.cos((2 * Math.PI * x) / alpha)) / 2 : 1;
}

/** Computes the modified Bessel function of order 0 by its power series, whose terms are all positive. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 2 ** -54; k++) {
    term *= (x / 2 / k) ** 2;
    sum += term;
  }
  return sum;
}

function checkRange(value: unknown, name: string, low: number, high: number, allowed: string): number {
  if (typeof value !== "number" || !(value >= low && value <= high)) throw invalid(allowed, name, value);
  return value;
}
