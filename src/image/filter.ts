// SPDX-License-Identifier: MIT

import type { Border } from "../spec/border.ts";
import type { Algorithm } from "../spec/convolution.ts";
import { type ImageOperator, magnitude, weightsOf } from "./operator.ts";
import {
  checkPixels,
  colourChannels,
  copyAlpha,
  type Pixels,
  readChannel,
  readLuma,
  writeChannel,
} from "./pixels.ts";

/** The source of plans: an engine, or the default functions. */
export type Planner = Pick<typeof import("../api.ts"), "planConv2d">;

export interface ImageFilterOptions {
  /** How the image continues beyond its edge. Default "reflect". */
  readonly border?: Border;
  readonly algorithm?: Algorithm | "auto";
}

/**
 * An operator prepared for images of one size, with any channels. The result has the input's size; its samples are
 * computed in float32, rounded half to even and saturated.
 *
 * Channels are filtered one after the other as planes, so that the float copies stay as small as one channel and
 * neighbouring pixels fill the vector registers. Three interleaved channels as a depthwise nhwc convolution took 2.6 to
 * 4.8 times as long (wasm, 1080p, 7x7 and 3x3, Zen 5). Only one run can be under way, as the planes are reused.
 */
export class ImageFilter {
  readonly width: number;
  readonly height: number;
  readonly plan: ReturnType<Planner["planConv2d"]>;
  readonly #operator: ImageOperator;
  readonly #input: Float32Array;
  readonly #output: Float32Array;

  constructor(
    planner: Planner,
    size: { readonly width: number; readonly height: number },
    operator: ImageOperator,
    options: ImageFilterOptions = {},
  ) {
    const { width, height } = size;
    const weights = weightsOf(operator);
    const [outChannels, , kernelHeight, kernelWidth] = weights.shape;
    this.width = width;
    this.height = height;
    this.plan = planner.planConv2d([1, 1, height, width], weights, {
      // An even kernel has its centre right of and below the middle, as in mode "same" of corr2d.
      padding: [kernelHeight >> 1, (kernelHeight - 1) >> 1, kernelWidth >> 1, (kernelWidth - 1) >> 1],
      border: options.border ?? "reflect",
      algorithm: options.algorithm ?? "auto",
    });
    this.#operator = operator;
    this.#input = new Float32Array(width * height);
    this.#output = new Float32Array(width * height * outChannels);
  }

  run(pixels: Pixels): Pixels {
    const out = this.#begin(pixels);
    for (let plane = 0; plane < this.#planes(pixels); plane++) {
      this.#load(pixels, plane);
      this.plan.run(this.#input, { out: this.#output });
      this.#store(out, plane);
    }
    return out;
  }

  /** Filters like `run`, with the convolutions off the event loop. */
  async runAsync(pixels: Pixels, options: { readonly signal?: AbortSignal } = {}): Promise<Pixels> {
    const out = this.#begin(pixels);
    for (let plane = 0; plane < this.#planes(pixels); plane++) {
      this.#load(pixels, plane);
      await this.plan.runAsync(this.#input, { out: this.#output, ...options });
      this.#store(out, plane);
    }
    return out;
  }

  dispose(): void {
    this.plan.dispose();
  }

  #begin(pixels: Pixels): Pixels & { data: Uint8ClampedArray } {
    const { width, height } = this;
    checkPixels(pixels, width, height);
    const channels = this.#operator.kind === "gradient" ? 1 : pixels.channels;
    const data = new Uint8ClampedArray(width * height * channels);
    if (this.#operator.kind === "linear") copyAlpha(data, pixels);
    return { data, width, height, channels };
  }

  #planes(pixels: Pixels): number {
    return this.#operator.kind === "gradient" ? 1 : colourChannels(pixels);
  }

  #load(pixels: Pixels, plane: number): void {
    if (this.#operator.kind === "gradient") readLuma(this.#input, pixels);
    else readChannel(this.#input, pixels, plane);
  }

  #store(out: Pixels & { data: Uint8ClampedArray }, plane: number): void {
    if (this.#operator.kind === "gradient") magnitude(out.data, this.#output, this.#operator.gain);
    else writeChannel(out.data, out.channels, plane, this.#output);
  }
}
