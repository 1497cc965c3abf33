// SPDX-License-Identifier: MIT
// OpenCV on WebAssembly, for filters of one channel: filter2D from a matrix in its memory to another one there.
import type { Given } from "../contenders.ts";
import type { Contender } from "../harness/suite.ts";
import { loadPackage } from "./installed.ts";

interface OpenCv {
  readonly CV_32F: number;
  readonly BORDER_CONSTANT: number;
  readonly Mat: new () => Mat;
  readonly Point: new (x: number, y: number) => object;
  matFromArray(rows: number, columns: number, type: number, data: Float32Array): Mat;
  filter2D(
    from: Mat,
    to: Mat,
    depth: number,
    kernel: Mat,
    anchor: object,
    delta: number,
    border: number,
  ): void;
  onRuntimeInitialized?: () => void;
}
interface Mat {
  readonly data32F: Float32Array;
}

export function opencv({ problem, operands }: Given): Contender {
  return {
    name: "opencv-js",
    prepare: async () => {
      const { cv } = await load();
      const [, , height, width] = problem.inputShape;
      const [, , kernelHeight, kernelWidth] = problem.weightsShape;
      const { x, weights } = operands();
      const input = cv.matFromArray(height, width, cv.CV_32F, x.data);
      const kernel = cv.matFromArray(kernelHeight, kernelWidth, cv.CV_32F, weights.data);
      const output = new cv.Mat();
      const centre = new cv.Point(-1, -1);
      const run = () => cv.filter2D(input, output, cv.CV_32F, kernel, centre, 0, cv.BORDER_CONSTANT);
      return {
        what: "opencv-js filter2D, 1 thread",
        run,
        result: () => {
          run();
          return output.data32F;
        },
      };
    },
  };
}

/**
 * The package is the module, or a promise of it; either way it may have to start first. The module comes in an object
 * because it has a `then` of its own, which gives the module again: awaiting it would never end.
 */
async function load(): Promise<{ cv: OpenCv }> {
  const loaded = loadPackage<OpenCv | Promise<OpenCv>>("@techstark/opencv-js");
  const cv = loaded instanceof Promise ? await loaded : loaded;
  if (cv.Mat === undefined) {
    await new Promise<void>((resolve) => {
      cv.onRuntimeInitialized = resolve;
    });
  }
  return { cv };
}
