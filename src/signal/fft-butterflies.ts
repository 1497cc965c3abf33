// SPDX-License-Identifier: MIT
// One stage of Stockham's transform. For p = 0 .. count - 1, q = 0 .. stride - 1 and w = exp(-2 pi i / (radix count)):
//
//     to[q + stride (radix p + k)] = w^(p k) * sum over j of from[q + stride (p + count j)] exp(-2 pi i j k / radix)
//
// w^(p k) is root number p k stride of the whole transform.
import type { Roots } from "./fft-roots.ts";

interface Stage {
  readonly radix: number;
  /** The length of the sequences after the stage. */
  readonly count: number;
  /** The number of interleaved sequences before the stage. */
  readonly stride: number;
}

type Butterfly = (
  stage: Stage,
  roots: Roots,
  re: Float64Array,
  im: Float64Array,
  toRe: Float64Array,
  toIm: Float64Array,
) => void;

const butterfly2: Butterfly = ({ count, stride }, { cos, sin }, re, im, toRe, toIm) => {
  const half = stride * count;
  for (let p = 0; p < count; p++) {
    const c = cos[p * stride];
    const s = sin[p * stride];
    for (let q = 0; q < stride; q++) {
      const a = q + stride * p;
      const b = a + half;
      const to = a + stride * p;
      const re1 = re[a] - re[b];
      const im1 = im[a] - im[b];
      toRe[to] = re[a] + re[b];
      toIm[to] = im[a] + im[b];
      toRe[to + stride] = re1 * c + im1 * s;
      toIm[to + stride] = im1 * c - re1 * s;
    }
  }
};

const butterfly3: Butterfly = ({ count, stride }, { cos, sin }, re, im, toRe, toIm) => {
  const third = stride * count;
  const h = Math.sqrt(3) / 2;
  for (let p = 0; p < count; p++) {
    const c1 = cos[p * stride];
    const s1 = sin[p * stride];
    const c2 = cos[2 * p * stride];
    const s2 = sin[2 * p * stride];
    for (let q = 0; q < stride; q++) {
      const a = q + stride * p;
      const b = a + third;
      const c = b + third;
      const to = a + 2 * stride * p;
      const sumRe = re[b] + re[c];
      const sumIm = im[b] + im[c];
      const crossRe = h * (im[b] - im[c]);
      const crossIm = h * (re[c] - re[b]);
      const midRe = re[a] - sumRe / 2;
      const midIm = im[a] - sumIm / 2;
      const re1 = midRe + crossRe;
      const im1 = midIm + crossIm;
      const re2 = midRe - crossRe;
      const im2 = midIm - crossIm;
      toRe[to] = re[a] + sumRe;
      toIm[to] = im[a] + sumIm;
      toRe[to + stride] = re1 * c1 + im1 * s1;
      toIm[to + stride] = im1 * c1 - re1 * s1;
      toRe[to + 2 * stride] = re2 * c2 + im2 * s2;
      toIm[to + 2 * stride] = im2 * c2 - re2 * s2;
    }
  }
};

const butterfly4: Butterfly = ({ count, stride }, { cos, sin }, re, im, toRe, toIm) => {
  const quarter = stride * count;
  for (let p = 0; p < count; p++) {
    const c1 = cos[p * stride];
    const s1 = sin[p * stride];
    const c2 = cos[2 * p * stride];
    const s2 = sin[2 * p * stride];
    const c3 = cos[3 * p * stride];
    const s3 = sin[3 * p * stride];
    const end = stride * (p + 1);
    for (let a = stride * p, to = 4 * a; a < end; a++, to++) {
      const b = a + quarter;
      const c = b + quarter;
      const d = c + quarter;
      const acRe = re[a] + re[c];
      const acIm = im[a] + im[c];
      const bdRe = re[b] + re[d];
      const bdIm = im[b] + im[d];
      const acRe2 = re[a] - re[c];
      const acIm2 = im[a] - im[c];
      const bdRe2 = re[b] - re[d];
      const bdIm2 = im[b] - im[d];
      const re1 = acRe2 + bdIm2;
      const im1 = acIm2 - bdRe2;
      const re2 = acRe - bdRe;
      const im2 = acIm - bdIm;
      const re3 = acRe2 - bdIm2;
      const im3 = acIm2 + bdRe2;
      toRe[to] = acRe + bdRe;
      toIm[to] = acIm + bdIm;
      toRe[to + stride] = re1 * c1 + im1 * s1;
      toIm[to + stride] = im1 * c1 - re1 * s1;
      toRe[to + 2 * stride] = re2 * c2 + im2 * s2;
      toIm[to + 2 * stride] = im2 * c2 - re2 * s2;
      toRe[to + 3 * stride] = re3 * c3 + im3 * s3;
      toIm[to + 3 * stride] = im3 * c3 - re3 * s3;
    }
  }
};

/** Computes any odd radix by the definition. Pairs j and radix - j share their products. */
export const butterflyOdd: Butterfly = ({ radix, count, stride }, { cos, sin }, re, im, toRe, toIm) => {
  const step = stride * count; // Root number `step` is exp(-2 pi i / radix).
  const length = step * radix;
  const pairs = (radix - 1) / 2;
  const sumRe = new Float64Array(pairs);
  const sumIm = new Float64Array(pairs);
  const diffRe = new Float64Array(pairs);
  const diffIm = new Float64Array(pairs);
  for (let p = 0; p < count; p++) {
    for (let q = 0; q < stride; q++) {
      const a = q + stride * p;
      const to = q + stride * radix * p;
      let totalRe = re[a];
      let totalIm = im[a];
      for (let j = 0; j < pairs; j++) {
        const left = a + (j + 1) * step;
        const right = a + (radix - 1 - j) * step;
        sumRe[j] = re[left] + re[right];
        sumIm[j] = im[left] + im[right];
        diffRe[j] = re[left] - re[right];
        diffIm[j] = im[left] - im[right];
        totalRe += sumRe[j];
        totalIm += sumIm[j];
      }
      toRe[to] = totalRe;
      toIm[to] = totalIm;
      for (let k = 1; k <= pairs; k++) {
        let evenRe = re[a];
        let evenIm = im[a];
        let oddRe = 0;
        let oddIm = 0;
        for (let j = 0, root = 0; j < pairs; j++) {
          root += k * step;
          if (root >= length) root -= length;
          evenRe += sumRe[j] * cos[root];
          evenIm += sumIm[j] * cos[root];
          oddRe += diffIm[j] * sin[root];
          oddIm -= diffRe[j] * sin[root];
        }
        turn(evenRe + oddRe, evenIm + oddIm, p * k * stride, to + stride * k);
        turn(evenRe - oddRe, evenIm - oddIm, p * (radix - k) * stride, to + stride * (radix - k));
      }
    }
  }

  /** Writes a value times the conjugate of a root. */
  function turn(valueRe: number, valueIm: number, root: number, target: number): void {
    toRe[target] = valueRe * cos[root] + valueIm * sin[root];
    toIm[target] = valueIm * cos[root] - valueRe * sin[root];
  }
};

/** The radices that have a butterfly of their own. */
export const butterflies: Readonly<Record<number, Butterfly>> = {
  2: butterfly2,
  3: butterfly3,
  4: butterfly4,
};
