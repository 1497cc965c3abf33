// SPDX-License-Identifier: MIT
// The modules of the WebAssembly backend on their one memory. What each computes is tested where all backends are.
import { createEngine, type Engine, type TensorLike } from "corr2d";
import { expect, it } from "vitest";
import { expectedWasmIsas } from "../helpers/implementations.ts";

const ramp = <A extends Float32Array | Float64Array | Int8Array>(array: A, step: number): A => {
  for (let i = 0; i < array.length; i++) array[i] = ((i * 7) % 23) * step - 8 * step;
  return array;
};
const shape = [1, 2, 9, 9];
const kernel = [3, 2, 2, 2];

/** Work for each module; sigmoid and tanh read its tables. */
const works: Record<string, (engine: Engine) => ArrayLike<number>> = {
  float32: (engine) => {
    const [data, weights] = [ramp(new Float32Array(162), 0.25), ramp(new Float32Array(24), 0.125)];
    return engine.conv2d({ data, shape }, { data: weights, shape: kernel }, { activation: "sigmoid" }).data;
  },
  float64: (engine) => {
    const [data, weights] = [ramp(new Float64Array(162), 0.25), ramp(new Float64Array(24), 0.125)];
    return engine.conv2d({ data, shape }, { data: weights, shape: kernel }, { activation: "tanh" }).data;
  },
  integers: (engine) => {
    const [data, weights] = [ramp(new Int8Array(162), 3), ramp(new Int8Array(24), 5)];
    const x: TensorLike<Int8Array> = { data, shape };
    const options = { activation: "sigmoid", scale: 0.001 } as const;
    return engine.conv2d(x, { data: weights, shape: kernel }, options).data;
  },
  gradients: (engine) => {
    const [data, gradients] = [ramp(new Float32Array(162), 0.25), ramp(new Float32Array(192), 0.125)];
    return engine.conv2dGradWeights({ data, shape }, kernel, { data: gradients, shape: [1, 3, 8, 8] }).data;
  },
  windows: (engine) =>
    engine.avgPool2d({ data: ramp(new Float32Array(162), 0.25), shape }, { windowDimensions: 3 }).data,
};

it.each(expectedWasmIsas())("%s: modules compute side by side what each computes alone", async (isa) => {
  const open = () => createEngine({ backend: "wasm", isa, threads: 1 });
  const together = await open();
  for (const round of [1, 2]) {
    for (const [name, work] of Object.entries(works)) {
      const alone = await open();
      expect([name, round, ...Array.from(work(together))]).toEqual([name, round, ...Array.from(work(alone))]);
      alone.dispose();
    }
  }
  together.dispose();
});
