// SPDX-License-Identifier: MIT
import { copyOf, takeOver } from "../arrays.ts";
import type { EngineCore } from "../core.ts";
import { allocate, dtypeOf, type FloatArray } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { allocateOutput, overlap } from "../output.ts";
import { type AsyncOptions, type ConvPlan, checkSignal, type RunOptions } from "../plan.ts";
import { checkOneOf } from "../resolve.ts";
import { type AxisPadding, outputSize, resolveAxes, resolveAxisPadding } from "../shape.ts";
import { borders } from "../spec.ts";
import { elementCount, type Tensor, type TensorLike } from "../tensor.ts";
import { type ConvNdPlan, checkElements, checkShapes, elementsOf, resultOf } from "./conv-nd.ts";
import { planConv2d, readBias } from "./conv2d.ts";
import type { Conv3dOptions } from "./conv3d.ts";
import { type Slices, slicesFirst, slicesOf, stackSlices, type Volume } from "./conv3d-slices.ts";

/** A conv3d with everything resolved. */
interface Resolved extends Volume {
  readonly batch: number;
  readonly outChannels: number;
  readonly kernel: readonly number[];
}

function resolveConv3d(inputShape: readonly number[], filters: TensorLike, options: Conv3dOptions): Resolved {
  const { groups = 1, border = "constant", padding: given = 0 } = options;
  checkOneOf(border, borders, "border");
  checkShapes(inputShape, filters.shape, groups);
  const [batch, inChannels, ...input] = inputShape;
  const [outChannels, , ...kernel] = filters.shape;
  if (!Number.isInteger(groups) || groups < 1 || inChannels % groups !== 0 || outChannels % groups !== 0) {
    const divides = `a positive integer that divides ${inChannels} input and ${outChannels} output channels`;
    throw invalid(divides, "groups", groups);
  }
  const strides = resolveAxes(options.strides ?? 1, 3, "strides");
  const dilations = resolveAxes(options.dilations ?? 1, 3, "dilations");
  const padding = resolveAxisPadding(given, input, kernel, strides, dilations);
  const depth = input[0] + padding[0][0] + padding[0][1];
  const outDepth = outputSize(input[0], kernel[0], strides[0], dilations[0], padding[0]);
  if (outDepth < 1)
    throw invalid(
      `a kernel that fits into the padded input (depth ${depth})`,
      "weights with its dilations",
      filters.shape,
    );
  if (depth > mostSlices) throw invalid(`a padded depth of at most ${mostSlices}`, "padding", given);
  const dtype = dtypeOf(filters.data, "weights.data");
  return {
    ...{
      batch,
      inChannels,
      outChannels,
      groups,
      dtype,
      input,
      kernel,
      strides,
      dilations,
      padding,
      outDepth,
    },
  };
}

/** Each is computed by a call of its own. */
const mostSlices = 2 ** 24;

/**
 * Runs as conv2d, at its speed. Where the kernel is one pixel wide and high, depth and pixels are the two axes. Else the
 * slices of a volume are laid one after the other, each with all its channels, so that those that a kernel sees at one
 * depth are the kernelDepth * inChannels channels of one image: no slice is copied more than once.
 */
export class Conv3dPlan implements ConvNdPlan {
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly algorithm: ConvPlan["algorithm"];
  readonly backend: ConvPlan["backend"];
  readonly #resolved: Resolved;
  /** One for each group, on the slices of one depth; or a single one on whole batches. */
  readonly #plans: ConvPlan[];
  readonly #slices: Slices | undefined;
  readonly #core: EngineCore;
  /** Kept for the next run, as memory touched for the first time is slow. */
  #stack: FloatArray | undefined;

  constructor(core: EngineCore, inputShape: readonly number[], filters: TensorLike, options: Conv3dOptions) {
    core.assertOpen();
    const resolved = resolveConv3d(inputShape, filters, options);
    const { batch, outChannels, outDepth, input, kernel, strides, padding } = resolved;
    const isFlat = [1, 2].every((axis) => kernel[axis] === 1 && strides[axis] === 1 && isZero(padding[axis]));
    const { border = "constant" } = options;
    this.#core = core;
    this.#resolved = resolved;
    this.#slices = isFlat ? undefined : slicesOf(resolved, border);
    this.#plans = isFlat
      ? [planFlat(core, resolved, filters, options)]
      : planGroups(core, resolved, filters, options);
    const [, , outHeight, outWidth] = this.#plans[0].outputShape;
    this.inputShape = Object.freeze([...inputShape]);
    this.outputShape = Object.freeze([
      ...[batch, outChannels, outDepth],
      ...(isFlat ? [input[1], input[2]] : [outHeight, outWidth]),
    ]);
    this.algorithm = this.#plans[0].algorithm;
    this.backend = this.#plans[0].backend;
  }

  run(x: TensorLike | FloatArray, options: RunOptions = {}): Tensor {
    const { out } = options;
    this.#core.assertOpen();
    const slices = this.#slices;
    const input = elementsOf(x, this.inputShape, "x");
    const given = out === undefined ? undefined : elementsOf(out, this.outputShape, "out");
    if (slices === undefined) {
      const y = this.#plans[0].run(input, given === undefined ? {} : { out: given });
      return resultOf(y.data, this.outputShape, out);
    }
    const output = this.#checked(input, given) ?? this.#newOutput();
    this.#stack ??= allocateOutput(this.#resolved.dtype, slices.length);
    for (let n = 0; n < this.#resolved.batch; n++) {
      stackSlices(this.#resolved, slices, input, n, this.#stack);
      for (const step of this.#steps(slices, this.#stack, n)) {
        const { plan, window } = step;
        plan.run(window, { out: step.result });
        step.store(output);
      }
    }
    return resultOf(output, this.outputShape, out);
  }

  async runAsync(x: TensorLike | FloatArray, options: RunOptions & AsyncOptions = {}): Promise<Tensor> {
    const { out, signal, transfer = false } = options;
    this.#core.assertOpen();
    const slices = this.#slices;
    const input = elementsOf(x, this.inputShape, "x");
    const given = out === undefined ? undefined : elementsOf(out, this.outputShape, "out");
    if (slices === undefined) {
      const run = { signal, transfer, ...(given !== undefined && { out: given }) };
      const y = await this.#plans[0].runAsync(input, run);
      return resultOf(y.data, this.outputShape, out);
    }
    checkSignal(signal);
    signal?.throwIfAborted();
    this.#checked(input, given);
    // Nobody else's from here on.
    const own = transfer ? takeOver(input) : copyOf(input);
    const output = this.#newOutput();
    const stack = allocateOutput(this.#resolved.dtype, slices.length);
    for (let n = 0; n < this.#resolved.batch; n++) {
      stackSlices(this.#resolved, slices, own, n, stack);
      for (const step of this.#steps(slices, stack, n)) {
        await step.plan.runAsync(step.window, { out: step.result, signal });
        step.store(output);
      }
    }
    if (out === undefined || given === undefined) return resultOf(output, this.outputShape, out);
    checkElements(given, this.#resolved.dtype, output.length, "out");
    given.set(output);
    return resultOf(given, this.outputShape, out);
  }

  explain(): string {
    const { groups, outDepth } = this.#resolved;
    const runs =
      this.#slices === undefined ? "one conv2d of all" : `${groups * outDepth} conv2d for each volume`;
    return `conv3d as ${runs}: ${this.#plans[0].explain()}`;
  }

  dispose(): void {
    this.#stack = undefined;
    for (const plan of this.#plans) plan.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** `given`, if all fits. */
  #checked(input: FloatArray, given: FloatArray | undefined): FloatArray | undefined {
    const { dtype } = this.#resolved;
    checkElements(input, dtype, elementCount(this.inputShape), "x");
    if (given === undefined) return undefined;
    checkElements(given, dtype, elementCount(this.outputShape), "out");
    if (overlap(input, given)) throw invalid("an array apart from x", "out", given);
    return given;
  }

  #newOutput(): FloatArray {
    return allocateOutput(this.#resolved.dtype, elementCount(this.outputShape));
  }

  /** The conv2d of one volume, one after the other. */
  *#steps(slices: Slices, stack: FloatArray, n: number): Generator<Step> {
    const { groups, inChannels, outChannels, outDepth, kernel, input, dtype } = this.#resolved;
    const slice = (inChannels / groups) * input[1] * input[2];
    const [, , , outHeight, outWidth] = this.outputShape;
    const plane = outHeight * outWidth;
    const groupOut = outChannels / groups;
    const result = allocate(dtype, groupOut * plane);
    for (let g = 0; g < groups; g++) {
      const plan = this.#plans[g];
      for (let oz = 0; oz < outDepth; oz++) {
        const from = (g * slices.count + slices.windows[oz]) * slice;
        const firstChannel = n * outChannels + g * groupOut;
        yield {
          plan,
          window: stack.subarray(from, from + kernel[0] * slice),
          result,
          store(output) {
            for (let oc = 0; oc < groupOut; oc++) {
              const part = result.subarray(oc * plane, (oc + 1) * plane);
              output.set(part, ((firstChannel + oc) * outDepth + oz) * plane);
            }
          },
        };
      }
    }
  }
}

interface Step {
  readonly plan: ConvPlan;
  /** What the kernel sees of one group at one depth: an image of kernelDepth * inChannels / groups channels. */
  readonly window: FloatArray;
  /** [outChannels / groups, outHeight, outWidth] */
  readonly result: FloatArray;
  /** Puts the result where it belongs. */
  store(output: FloatArray): void;
}

const isZero = ([before, after]: AxisPadding): boolean => before === 0 && after === 0;

/** [outChannels, inChannels / groups, kernelDepth, 1] over [depth, height * width]. */
function planFlat(
  core: EngineCore,
  resolved: Resolved,
  filters: TensorLike,
  options: Conv3dOptions,
): ConvPlan {
  const { batch, inChannels, input, kernel, strides, dilations, padding } = resolved;
  return planConv2d(
    core,
    [batch, inChannels, input[0], input[1] * input[2]],
    { data: filters.data, shape: [...filters.shape.slice(0, 2), kernel[0], 1] },
    {
      ...options,
      strides: [strides[0], 1],
      dilations: [dilations[0], 1],
      padding: [...padding[0], 0, 0],
    },
  );
}

/** A plan for each group, whose input channels are those of the slices that the kernel sees, slice by slice. */
function planGroups(
  core: EngineCore,
  resolved: Resolved,
  filters: TensorLike,
  { groups: _, bias, ...options }: Conv3dOptions,
): ConvPlan[] {
  const { groups, outChannels, inChannels, dtype, input, kernel, strides, dilations, padding } = resolved;
  const groupOut = outChannels / groups;
  const channels = (inChannels / groups) * kernel[0];
  const taps = kernel[1] * kernel[2];
  const weights = slicesFirst(filters);
  const offsets = readBias(bias, { dtype, outChannels });
  const shared = {
    ...options,
    strides: [strides[1], strides[2]] as const,
    dilations: [dilations[1], dilations[2]] as const,
    padding: [...padding[1], ...padding[2]] as const,
  };
  return Array.from({ length: groups }, (_, g) => {
    const data = weights.subarray(g * groupOut * channels * taps, (g + 1) * groupOut * channels * taps);
    return planConv2d(
      core,
      [1, channels, input[1], input[2]],
      { data, shape: [groupOut, channels, kernel[1], kernel[2]] },
      { ...shared, ...(offsets !== null && { bias: offsets.subarray(g * groupOut, (g + 1) * groupOut) }) },
    );
  });
}
