// SPDX-License-Identifier: MIT

/** Formats milliseconds with three significant digits. */
export function formatMs(ms: number): string {
  return `${formatNumber(ms)} ms`;
}

/** Formats a number with three significant digits, or more before the point, and without an exponent. */
export function formatNumber(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Returns the middle one of the sorted values, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
