// SPDX-License-Identifier: MIT
// One axis of the adjoint of a strided convolution, cut into convolutions of stride 1.

/** Outputs whose neighbours lie a stride apart, so that the same kernel elements reach all of them. */
export interface Phase {
  /** The place of the first output, and the number of outputs. */
  readonly first: number;
  readonly count: number;
  /** The kernel elements that reach these outputs, in the order in which a convolution of stride 1 applies them. */
  readonly taps: readonly number[];
  /** The distance of neighbouring taps in the source. */
  readonly dilation: number;
  /** The number of zeros before and after the source; if negative, of source elements that reach no output. */
  readonly before: number;
  readonly after: number;
}

export interface Axis {
  /** Outputs are wanted at places [from, to). */
  readonly from: number;
  readonly to: number;
  readonly source: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

/**
 * Cuts an axis into phases. The convolution adds source[o] * kernel[k] to place o * stride + k * dilation. A place is
 * therefore reached by exactly the kernel elements for which k * dilation has the place's remainder by the stride.
 * Places that no element reaches are in no phase.
 */
export function phasesOf({ from, to, source, kernel, stride, dilation }: Axis): Phase[] {
  const taps = new Map<number, number[]>();
  for (let k = kernel - 1; k >= 0; k--) {
    const remainder = (k * dilation) % stride;
    const list = taps.get(remainder);
    if (list === undefined) taps.set(remainder, [k]);
    else list.push(k);
  }
  const phases: Phase[] = [];
  for (const [remainder, list] of taps) {
    const first = from + ((((remainder - from) % stride) + stride) % stride);
    if (first >= to) continue;
    const count = Math.ceil((to - first) / stride);
    const last = first + (count - 1) * stride;
    // The first tap meets source element `low` at the first output; the last tap meets `high` at the last one.
    const low = (first - list[0] * dilation) / stride;
    const high = (last - (list.at(-1) as number) * dilation) / stride;
    if (high < 0 || low >= source) continue;
    phases.push({
      first,
      count,
      taps: list,
      dilation: dilation / greatestCommonDivisor(stride, dilation),
      before: 0 - low,
      after: high - (source - 1),
    });
  }
  return phases;
}

/** The window that reaches the outputs of several phases. The taps of phase i begin at `offsets[i]` in it. */
export interface Window {
  readonly size: number;
  readonly count: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly offsets: readonly number[];
}

/** Finds the window of phases that have equal counts and, if there are several, no dilation. */
export function windowOf(phases: readonly Phase[]): Window {
  const [{ count, dilation }] = phases;
  const before = Math.max(...phases.map((phase) => phase.before));
  const offsets = phases.map((phase) => before - phase.before);
  const size = Math.max(...phases.map(({ taps }, i) => offsets[i] + taps.length));
  // `after` is known for the last tap of the first phase; the window goes on behind that tap.
  const [{ after, taps }] = phases;
  return {
    size,
    count,
    dilation,
    before,
    after: after + (size - offsets[0] - taps.length) * dilation,
    offsets,
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
