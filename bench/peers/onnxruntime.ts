// SPDX-License-Identifier: MIT
// onnxruntime, native and on WebAssembly: a session of one node, plain NCHW in and out. Its optimizer may use a
// layout of its own inside and packs weights when the session is made. The native one writes to a tensor that it is
// given; that on WebAssembly, which ignores such a tensor, makes a new one.
import type { Given } from "../contenders.ts";
import type { Contender } from "../harness/suite.ts";
import { fractions, outputShapeOf, product } from "../operands.ts";
import type { Layer, Pooling } from "../problems.ts";
import { loadPackage } from "./installed.ts";
import { convModel, padModel, poolModel } from "./onnx.ts";

interface Ort {
  readonly env: { readonly wasm: { numThreads: number }; readonly versions: { readonly common: string } };
  readonly Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
}
interface OrtTensor {
  readonly data: Float32Array;
}
interface Session {
  run(feeds: { x: OrtTensor }, fetches?: { y: OrtTensor }): Promise<{ y: OrtTensor }>;
}

type OrtName = "onnxruntime-node" | "onnxruntime-web";

export function onnxruntime(name: OrtName, threads: number) {
  return ({ problem, operands }: Given<Layer>): Contender =>
    contender(name, threads, () => {
      const { x, weights } = operands();
      const shape = outputShapeOf(problem);
      return { x, shape, model: convModel(problem, weights.data, shape) };
    });
}

/** The same for poolings. */
export function onnxruntimePool(
  name: OrtName,
  threads: number,
  pooling: Pooling,
  outputShape: readonly number[],
): Contender {
  return contender(name, threads, () => ({
    x: fractions(pooling.inputShape, 1),
    shape: outputShape,
    model: poolModel(pooling, outputShape),
  }));
}

/** The same for padding with zeros. */
export function onnxruntimePad(
  name: OrtName,
  threads: number,
  inputShape: readonly number[],
  padding: number,
): Contender {
  return contender(name, threads, () => ({ x: fractions(inputShape, 1), ...padModel(inputShape, padding) }));
}

interface Task {
  readonly x: { readonly data: Float32Array; readonly shape: readonly number[] };
  /** Of the output. */
  readonly shape: readonly number[];
  readonly model: Uint8Array;
}

function contender(name: OrtName, threads: number, describe: () => Task): Contender {
  return {
    name,
    ...(name === "onnxruntime-node" && { isa: "best" }),
    prepare: async () => {
      const ort = loadPackage<Ort>(name);
      if (name === "onnxruntime-web") ort.env.wasm.numThreads = threads;
      const { x, shape, model } = describe();
      const session = await ort.InferenceSession.create(
        model,
        name === "onnxruntime-node"
          ? { executionProviders: ["cpu"], intraOpNumThreads: threads, interOpNumThreads: 1 }
          : { executionProviders: ["wasm"] },
      );
      const feeds = { x: new ort.Tensor("float32", x.data, x.shape) };
      const y = new ort.Tensor("float32", new Float32Array(product(shape)), shape);
      const run = name === "onnxruntime-node" ? () => session.run(feeds, { y }) : () => session.run(feeds);
      return {
        what: `${name} ${ort.env.versions.common}, ${threads} thread${threads === 1 ? "" : "s"}`,
        run,
        result: async () => (await run()).y.data.slice(),
      };
    },
  };
}
