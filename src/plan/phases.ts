// SPDX-License-Identifier: MIT
// One axis of the adjoint of a convolution with strides, cut into convolutions of stride 1.

/** Outputs of which neighbours are a stride apart, so that the same kernel elements reach all of them. */
export interface Phase {
  /** The place of the first output, and how many there are. */
  readonly first: number;
  readonly count: number;
  /** The kernel elements that reach them, in the order in which a convolution of stride 1 applies them. */
  readonly taps: readonly number[];
  /** How far apart these lie in the source. */
  readonly dilation: number;
  /** Zeros before and after the source, or, where negative, elements of it that reach no output. */
  readonly before: number;
  readonly after: number;
}

export interface Axis {
  /** Outputs are wanted at the places from `from` on, `to` not included. */
  readonly from: number;
  readonly to: number;
  readonly source: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

/**
 * The convolution adds source[o] * kernel[k] to place o * stride + k * dilation. So a place is reached by kernel elements
 * of one remainder of k * dilation by the stride, and those of every place with that remainder are the same ones. Places
 * that none reaches, and stay zero, are in no phase.
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
    // The elements of the source that the first output meets first and the last one last.
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

/** The window that reaches the outputs of several phases, whose taps lie in it from `offsets` on. */
export interface Window {
  readonly size: number;
  readonly count: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly offsets: readonly number[];
}

/** Of phases with equal counts and, where there are several, without dilation. */
export function windowOf(phases: readonly Phase[]): Window {
  const [{ count, dilation }] = phases;
  const before = Math.max(...phases.map((phase) => phase.before));
  const offsets = phases.map((phase) => before - phase.before);
  const size = Math.max(...phases.map(({ taps }, i) => offsets[i] + taps.length));
  // The window of the last output ends as much later than the source as that of any phase, and a longer one more so.
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
