// SPDX-License-Identifier: MIT
import { planFft } from "./fft.ts";
import { rootsOfUnity } from "./fft-roots.ts";

/** Transforms of real sequences of one length, whose spectra are symmetric: X[length - k] = conj(X[k]). */
export interface RealFft {
  readonly length: number;
  /** floor(length / 2) + 1, the number of frequencies from 0 to half a cycle per sample. */
  readonly bins: number;
  /** Transforms `length` numbers to `bins` complex ones. `x` is not changed. */
  forward(x: Float64Array, re: Float64Array, im: Float64Array): void;
  /** Inverts `forward`. Imaginary parts at frequency 0 and, for an even length, at the last frequency are ignored. */
  inverse(re: Float64Array, im: Float64Array, x: Float64Array): void;
}

const mostPlans = 8;
const plans = new Map<number, RealFft>();

/** Returns the transforms of a length >= 1. The last few lengths are remembered. */
export function realFft(length: number): RealFft {
  const plan = plans.get(length) ?? (length % 2 === 0 ? planEven(length) : planOdd(length));
  plans.delete(length);
  plans.set(length, plan);
  if (plans.size > mostPlans) plans.delete(plans.keys().next().value as number);
  return plan;
}

/** Even and odd samples become the real and imaginary parts of a transform of half the length. */
function planEven(length: number): RealFft {
  const half = length / 2;
  const fft = planFft(half);
  const { cos, sin } = rootsOfUnity(length);
  const workRe = new Float64Array(half);
  const workIm = new Float64Array(half);
  return {
    length,
    bins: half + 1,
    forward(x, re, im) {
      for (let k = 0; k < half; k++) {
        workRe[k] = x[2 * k];
        workIm[k] = x[2 * k + 1];
      }
      fft.forward(workRe, workIm);
      re[0] = workRe[0] + workIm[0];
      re[half] = workRe[0] - workIm[0];
      im[0] = im[half] = 0;
      for (let k = 1; k < half; k++) {
        // Symmetries give the spectra of the even and the odd samples.
        const m = half - k;
        const evenRe = (workRe[k] + workRe[m]) / 2;
        const evenIm = (workIm[k] - workIm[m]) / 2;
        const oddRe = (workIm[k] + workIm[m]) / 2;
        const oddIm = (workRe[m] - workRe[k]) / 2;
        re[k] = evenRe + oddRe * cos[k] + oddIm * sin[k];
        im[k] = evenIm + oddIm * cos[k] - oddRe * sin[k];
      }
    },
    inverse(re, im, x) {
      workRe[0] = (re[0] + re[half]) / 2;
      workIm[0] = (re[0] - re[half]) / 2;
      for (let k = 1; k < half; k++) {
        const m = half - k;
        const evenRe = (re[k] + re[m]) / 2;
        const evenIm = (im[k] - im[m]) / 2;
        const turnedRe = (re[k] - re[m]) / 2;
        const turnedIm = (im[k] + im[m]) / 2;
        const oddRe = turnedRe * cos[k] - turnedIm * sin[k];
        const oddIm = turnedIm * cos[k] + turnedRe * sin[k];
        workRe[k] = evenRe - oddIm;
        workIm[k] = evenIm + oddRe;
      }
      fft.inverse(workRe, workIm);
      for (let k = 0; k < half; k++) {
        x[2 * k] = workRe[k];
        x[2 * k + 1] = workIm[k];
      }
    },
  };
}

function planOdd(length: number): RealFft {
  const fft = planFft(length);
  const bins = (length + 1) / 2;
  const workRe = new Float64Array(length);
  const workIm = new Float64Array(length);
  return {
    length,
    bins,
    forward(x, re, im) {
      workRe.set(x);
      workIm.fill(0);
      fft.forward(workRe, workIm);
      re.set(workRe.subarray(0, bins));
      im.set(workIm.subarray(0, bins));
    },
    inverse(re, im, x) {
      workRe[0] = re[0];
      workIm[0] = 0;
      for (let k = 1; k < bins; k++) {
        workRe[k] = workRe[length - k] = re[k];
        workIm[k] = im[k];
        workIm[length - k] = -im[k];
      }
      fft.inverse(workRe, workIm);
      x.set(workRe);
    },
  };
}
