// SPDX-License-Identifier: MIT
// The generator of random numbers, and the weights that layers begin with.
import * as learn from "corr2d/learn";
import { describe, expect, it } from "vitest";

describe("random numbers and initializers", () => {
  it("are xoshiro128**", () => {
    // The definition in BigInt, from the state that the first outputs determine: compared over the following ones.
    const mask = 0xffffffffn;
    const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & mask;
    const hash = (seed: number) => {
      let h = BigInt(seed) & mask;
      h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & mask;
      h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & mask;
      return h ^ (h >> 16n);
    };
    for (const seed of [0, 1, 4294967295]) {
      const s = [1, 2, 3, 4].map((i) => hash(Number((BigInt(seed) + BigInt(i) * 0x9e3779b9n) & mask)));
      const random = new learn.Random(seed);
      for (let i = 0; i < 100; i++) {
        const expected = (rotate((s[1] * 5n) & mask, 7n) * 9n) & mask;
        const t = (s[1] << 9n) & mask;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = rotate(s[3], 11n);
        expect(BigInt(random.bits())).toBe(expected);
      }
    }
  });

  it("permutations hold each number once, each place each number about as often", () => {
    const random = new learn.Random(5);
    const counts = new Array(16).fill(0);
    for (let round = 0; round < 4000; round++) {
      const order = random.permutation(4);
      expect([...order].sort()).toEqual([0, 1, 2, 3]);
      order.forEach((value, place) => {
        counts[4 * place + value]++;
      });
    }
    // Binomial with mean 1000 and standard deviation 27: six of them.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(165);
  });

  /** Mean and variance of many weights, and the greatest of their absolute values. */
  function moments(initializer: learn.Initializer) {
    const weights = new Float64Array(40_000);
    initializer(weights, { fanIn: 50, fanOut: 100 }, new learn.Random(7));
    const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
    const variance = weights.reduce((a, b) => a + (b - mean) ** 2, 0) / weights.length;
    return { mean, variance, most: weights.reduce((a, b) => Math.max(a, Math.abs(b)), 0) };
  }

  it.each<[string, learn.Initializer, number, number]>([
    ["kaimingUniform", learn.kaimingUniform, 2 / 50, Math.sqrt(6 / 50)],
    ["glorotUniform", learn.glorotUniform, 2 / 150, Math.sqrt(6 / 150)],
    ["normal", learn.normal(0.3), 0.09, 0.3 * 6],
  ])("%s has its variance", (_, initializer, expected, bound) => {
    const { mean, variance, most } = moments(initializer);
    expect(Math.abs(mean)).toBeLessThan(6 * Math.sqrt(expected / 40_000));
    // The variance of a variance is at most 2 / n of its square (of a normal distribution).
    expect(Math.abs(variance / expected - 1)).toBeLessThan(6 * Math.sqrt(2 / 40_000));
    expect(most).toBeLessThanOrEqual(bound);
    expect(most).toBeGreaterThan(bound / 2);
  });

  it("layers know their fans", () => {
    const fans: unknown[] = [];
    const initializer: learn.Initializer = (_, given) => fans.push(given);
    new learn.Conv2d(4, 6, [3, 5], { groups: 2, initializer });
    new learn.Linear(7, 3, { initializer });
    expect(fans).toEqual([
      { fanIn: 2 * 15, fanOut: 3 * 15 },
      { fanIn: 7, fanOut: 3 },
    ]);
  });
});
