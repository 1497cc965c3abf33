// SPDX-License-Identifier: MIT
// The WebAssembly backend of TensorFlow.js. Its layout is NHWC and its tensors live in its own memory. "tfjs-wasm" finds
// its input there and so has less to do than those that take plain NCHW arrays; "tfjs-wasm copied" is given an array, as
// they are, though NHWC. Both copy the output out as an array. In Node it has one thread.
import type { Given } from "../contenders.ts";
import type { Contender } from "../harness/suite.ts";
import type { Layer } from "../problems.ts";
import { loadPackage } from "./installed.ts";

interface Tf {
  readonly version_core: string;
  setBackend(name: "wasm"): Promise<boolean>;
  tensor(data: Float32Array, shape: readonly number[]): TfTensor;
  conv2d(x: TfTensor, filter: TfTensor, strides: number, padding: number): TfTensor;
  depthwiseConv2d(x: TfTensor, filter: TfTensor, strides: number, padding: number): TfTensor;
}
interface TfTensor {
  readonly shape: readonly number[];
  dataSync(): Float32Array;
  dispose(): void;
}

export function tfjs(copied: boolean): (given: Given<Layer>) => Contender {
  return ({ problem, operands }) => ({
    name: copied ? "tfjs-wasm copied" : "tfjs-wasm",
    prepare: async () => {
      const tf = loadPackage<Tf>("@tensorflow/tfjs-core");
      const wasm = loadPackage<{ setThreadsCount(count: number): void }>("@tensorflow/tfjs-backend-wasm");
      wasm.setThreadsCount(1);
      await tf.setBackend("wasm");
      const { strides, padding, groups } = problem.options;
      const [batch, inChannels, inHeight, inWidth] = problem.inputShape;
      const [outChannels, groupChannels, kernelHeight, kernelWidth] = problem.weightsShape;
      const { x, weights } = operands();
      const nhwc = permute(x.data, [batch, inChannels, inHeight * inWidth], [0, 2, 1]);
      const inputShape = [batch, inHeight, inWidth, inChannels];
      const inMemory = tf.tensor(nhwc, inputShape);
      const taps = kernelHeight * kernelWidth;
      const hwio = permute(weights.data, [outChannels, groupChannels, taps], [2, 1, 0]);
      const depthwise = groups > 1; // of which workloads.json has no other groups
      const filterShape = depthwise
        ? [kernelHeight, kernelWidth, inChannels, outChannels / inChannels]
        : [kernelHeight, kernelWidth, inChannels, outChannels];
      const filter = tf.tensor(hwio, filterShape);
      const convolve = depthwise ? tf.depthwiseConv2d : tf.conv2d;
      const run = () => {
        const input = copied ? tf.tensor(nhwc, inputShape) : inMemory;
        const y = convolve(input, filter, strides, padding);
        const data = y.dataSync();
        y.dispose();
        if (copied) input.dispose();
        return { data, shape: y.shape };
      };
      return {
        what: `tfjs-wasm ${tf.version_core}, 1 thread, NHWC, input ${copied ? "from an array" : "in its memory"}`,
        run,
        result: () => {
          const { data, shape } = run();
          return permute(data, [shape[0], shape[1] * shape[2], shape[3]], [0, 2, 1]);
        },
      };
    },
  });
}

/** Axes in another order: axis i of the result is axis `order[i]` of `data`. */
function permute(
  data: Float32Array,
  shape: readonly [number, number, number],
  order: readonly [number, number, number],
): Float32Array {
  const steps = [shape[1] * shape[2], shape[2], 1];
  const out = new Float32Array(data.length);
  let to = 0;
  for (let i = 0; i < shape[order[0]]; i++) {
    for (let j = 0; j < shape[order[1]]; j++) {
      for (let k = 0; k < shape[order[2]]; k++) {
        out[to++] = data[i * steps[order[0]] + j * steps[order[1]] + k * steps[order[2]]];
      }
    }
  }
  return out;
}
