// SPDX-License-Identifier: MIT

import { invalid } from "../errors.ts";
import { checkArity } from "../input/options.ts";

/**
 * Pseudo-random numbers that a seed determines, the same on every machine. They are not fit for secrets.
 *
 * Source: xoshiro128** of D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators" (2018), with 128
 * bits of state and period 2^128 - 1.
 */
export class Random {
  readonly #state = new Uint32Array(4);

  /** Throws INVALID_ARGUMENT unless `seed` is a whole number from 0 to 2^32 - 1. */
  constructor(seed: number) {
    checkArity("new Random", arguments.length, 1);
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
      throw invalid("a whole number from 0 to 4294967295", "seed", seed);
    }
    // Hashed steps of the golden ratio give neighbouring seeds states far apart, none of them all zeros.
    for (let i = 0; i < 4; i++) this.#state[i] = hash(seed + Math.imul(i + 1, 0x9e3779b9));
  }

  /** Returns the next 32 bits, as a whole number from 0 to 2^32 - 1. */
  bits(): number {
    const s = this.#state;
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11);
    return result;
  }

  /** Returns a number uniform in [low, high), by default [0, 1), in steps of 2^-32 of the interval. */
  uniform(low = 0, high = 1): number {
    return low + (this.bits() / 2 ** 32) * (high - low);
  }

  /** Returns a normally distributed number, by the polar method of G. Marsaglia and T. A. Bray (1964). */
  normal(mean = 0, standardDeviation = 1): number {
    for (;;) {
      const x = this.uniform(-1, 1);
      const y = this.uniform(-1, 1);
      const square = x * x + y * y;
      if (square > 0 && square < 1) {
        return mean + standardDeviation * x * Math.sqrt((-2 * Math.log(square)) / square);
      }
    }
  }

  /** Returns the numbers from 0 to `length` - 1 in random order, by the shuffle of Fisher and Yates. */
  permutation(length: number): Uint32Array {
    const order = Uint32Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const other = Math.floor(this.uniform(0, i + 1));
      [order[i], order[other]] = [order[other], order[i]];
    }
    return order;
  }
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** Hashes 32 bits by the finaliser of MurmurHash3 (A. Appleby), a bijection. */
function hash(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
