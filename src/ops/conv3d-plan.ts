// SPDX-License-Identifier: MIT

import type { Prepared } from "../backend/backend.ts";
import type { EngineCore } from "../core.ts";
import { allocate, dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkOneOf, readOptions } from "../input/options.ts";
import type { ConvPlan } from "../plan/conv-plan.ts";
import { planOperand } from "../plan/operands.ts";
import { allocateOutput } from "../plan/output.ts";
import { UnaryPlan } from "../plan/plan.ts";
import { resolveAxes, resolveAxisPadding } from "../resolve/shape.ts";
import { borders } from "../spec/border.ts";
import { type AxisPadding, outputSize } from "../spec/shape.ts";
import { shapeOfRank, type TensorLike } from "../tensor.ts";
import { checkShapes, convNdOptionNames, type SharedConvOptions } from "./conv-nd.ts";
import { planLayer, readBias } from "./conv2d.ts";
import { type Slices, slicesFirst, slicesOf, stackSlices, type Volume } from "./conv3d-slices.ts";

type Three<T> = readonly [depth: T, height: T, width: T];

/** The options of conv2d, over three axes. */
export interface Conv3dOptions extends SharedConvOptions {
  /** Steps between neighbouring outputs: one number, or [depth, vertical, horizontal]. Default 1. */
  readonly strides?: number | Three<number>;
  /**
   * One number, [depth, vertical, horizontal], [front, back, top, bottom, left, right], or a rule of conv2d. Default 0.
   */
  readonly padding?:
    | number
    | Three<number>
    | readonly [number, number, number, number, number, number]
    | "same"
    | "valid"
    | "full";
  /** Distances between neighbouring kernel elements: one number, or [depth, vertical, horizontal]. Default 1. */
  readonly dilations?: number | Three<number>;
}

/** A conv3d with every option resolved. */
interface Resolved extends Volume {
  readonly batch: number;
  readonly outChannels: number;
  readonly kernel: readonly number[];
}

function resolveConv3d(
  inputShape: readonly number[],
  filtersShape: readonly number[],
  dtype: FloatDType,
  options: Conv3dOptions,
): Resolved {
  const { groups = 1, border = "constant", padding: given = 0 } = options;
  const { strides: steps = 1, dilations: distances = 1 } = options;
  checkOneOf(border, borders, "border");
  checkShapes(inputShape, filtersShape, groups);
  const [batch, inChannels, ...input] = inputShape;
  const [outChannels, , ...kernel] = filtersShape;
  if (!Number.isInteger(groups) || groups < 1 || inChannels % groups !== 0 || outChannels % groups !== 0) {
    const divides = `a positive integer that divides ${inChannels} input and ${outChannels} output channels`;
    throw invalid(divides, "groups", groups);
  }
  const strides = resolveAxes(steps, 3, "strides");
  const dilations = resolveAxes(distances, 3, "dilations");
  const padding = resolveAxisPadding(given, input, kernel, strides, dilations);
  const depth = input[0] + padding[0][0] + padding[0][1];
  const outDepth = outputSize(input[0], kernel[0], strides[0], dilations[0], padding[0]);
  if (outDepth < 1)
    throw invalid(
      `a kernel that fits into the padded input (depth ${depth})`,
      "weights with its dilations",
      filtersShape,
    );
  if (depth > mostSlices) throw invalid(`a padded depth of at most ${mostSlices}`, "padding", given);
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

/** Returns the output shape of a conv3d. Throws INVALID_ARGUMENT as conv3d does. */
export function conv3dOutputShape(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: Conv3dOptions,
): number[] {
  const input = shapeOfRank(inputShape, 5, "inputShape");
  const weights = shapeOfRank(weightsShape, 5, "weightsShape");
  const given = readOptions(options, convNdOptionNames) as Conv3dOptions;
  const { batch, outChannels, outDepth, ...axes } = resolveConv3d(input, weights, "float32", given);
  const [outHeight, outWidth] = [1, 2].map((axis) =>
    outputSize(
      axes.input[axis],
      axes.kernel[axis],
      axes.strides[axis],
      axes.dilations[axis],
      axes.padding[axis],
    ),
  );
  if (outHeight < 1 || outWidth < 1)
    throw invalid("a kernel that fits into the padded input", "weightsShape with its dilations", weights);
  return [batch, outChannels, outDepth, outHeight, outWidth];
}

/** The most padded slices of a volume. */
const mostSlices = 2 ** 24;

/** A conv3d with its weights packed. */
export type Conv3dPlan = Omit<ConvPlan, "spec">;

/**
 * Plans a conv3d as conv2d, at its speed. If the kernel is one pixel wide and high, depth and pixels are the two axes.
 * Otherwise the slices of a volume are laid one after the other, each with all its channels. The slices that a kernel
 * sees at one depth are then the kernelDepth * inChannels channels of one image, and no slice is copied more than once.
 */
export function planVolumes(
  core: EngineCore,
  inputShape: readonly number[],
  filters: TensorLike,
  options: Conv3dOptions,
): Conv3dPlan {
  core.assertOpen();
  const dtype = dtypeOf(filters.data, "weights.data");
  const resolved = resolveConv3d(inputShape, filters.shape, dtype, options);
  const { kernel, strides, padding } = resolved;
  const isFlat = [1, 2].every((axis) => kernel[axis] === 1 && strides[axis] === 1 && isZero(padding[axis]));
  return isFlat
    ? planFlat(core, inputShape, resolved, filters, options)
    : new SlicedPlan(core, inputShape, resolved, filters, options);
}

/** One conv2d for each group, which runs on the slices of one output depth at a time. */
class SlicedPlan extends UnaryPlan {
  readonly algorithm: ConvPlan["algorithm"];
  readonly #explanation: string;

  constructor(
    core: EngineCore,
    inputShape: readonly number[],
    resolved: Resolved,
    filters: TensorLike,
    options: Conv3dOptions,
  ) {
    const { batch, groups, outChannels, outDepth, dtype } = resolved;
    const plans = planGroups(core, resolved, filters, options);
    const [, , outHeight, outWidth] = plans[0].outputShape;
    const { border = "constant" } = options;
    super({
      backend: core.backend,
      inputs: [planOperand("x", dtype, inputShape, "as the weights have")],
      output: planOperand(
        "out",
        dtype,
        [batch, outChannels, outDepth, outHeight, outWidth],
        "as the weights have",
      ),
      assertOpen: core.assertOpen,
      prepare: () => prepareSlices(resolved, slicesOf(resolved, border), plans),
    });
    this.algorithm = plans[0].algorithm;
    this.#explanation = `conv3d as ${groups * outDepth} conv2d for each volume: ${plans[0].explain()}`;
  }

  override explain(): string {
    return this.#explanation;
  }
}

function prepareSlices(resolved: Resolved, slices: Slices, plans: readonly ConvPlan[]): Prepared {
  const { batch, dtype } = resolved;
  /** Kept for the next run, as touching fresh memory is slow. */
  let kept: FloatArray | undefined;
  return {
    workspaceBytes: Math.max(...plans.map(({ workspaceBytes }) => workspaceBytes)),
    run(x, _b, _c, out) {
      kept ??= allocateOutput(dtype, slices.length);
      for (let n = 0; n < batch; n++) {
        stackSlices(resolved, slices, x as FloatArray, n, kept);
        for (const { plan, window, result, store } of stepsOf(resolved, slices, plans, kept, n)) {
          plan.run(window, { out: result });
          store(out as FloatArray);
        }
      }
    },
    async runAsync(x, _b, _c, out, _out2, signal) {
      const stack = allocateOutput(dtype, slices.length);
      for (let n = 0; n < batch; n++) {
        stackSlices(resolved, slices, x as FloatArray, n, stack);
        for (const { plan, window, result, store } of stepsOf(resolved, slices, plans, stack, n)) {
          await plan.runAsync(window, { out: result, signal });
          store(out as FloatArray);
        }
      }
    },
    dispose() {
      kept = undefined;
      for (const plan of plans) plan.dispose();
    },
  };
}

/** Yields the conv2d steps of one volume, group by group and depth by depth. */
function* stepsOf(
  { groups, inChannels, outChannels, outDepth, kernel, input, dtype }: Resolved,
  slices: Slices,
  plans: readonly ConvPlan[],
  stack: FloatArray,
  n: number,
): Generator<Step> {
  const slice = (inChannels / groups) * input[1] * input[2];
  const [, , outHeight, outWidth] = plans[0].outputShape;
  const plane = outHeight * outWidth;
  const groupOut = outChannels / groups;
  const result = allocate(dtype, groupOut * plane);
  for (let g = 0; g < groups; g++) {
    for (let oz = 0; oz < outDepth; oz++) {
      const from = (g * slices.count + slices.windows[oz]) * slice;
      const firstChannel = n * outChannels + g * groupOut;
      yield {
        plan: plans[g],
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

interface Step {
  readonly plan: ConvPlan;
  /** The part of a group that the kernel sees at one depth: an image of kernelDepth * inChannels / groups channels. */
  readonly window: FloatArray;
  /** [outChannels / groups, outHeight, outWidth] */
  readonly result: FloatArray;
  /** Copies the result to its place in the output. */
  store(output: FloatArray): void;
}

const isZero = ([before, after]: AxisPadding): boolean => before === 0 && after === 0;

/**
 * Plans a kernel one pixel high and wide, [outChannels, inChannels / groups, kernelDepth, 1], as conv2d over the axes
 * depth and pixels.
 */
function planFlat(
  core: EngineCore,
  inputShape: readonly number[],
  resolved: Resolved,
  filters: TensorLike,
  options: Conv3dOptions,
): ConvPlan {
  const { batch, inChannels, outChannels, outDepth, input, kernel, strides, dilations, padding } = resolved;
  return planLayer(
    core,
    [batch, inChannels, input[0], input[1] * input[2]],
    { data: filters.data, shape: [...filters.shape.slice(0, 2), kernel[0], 1] },
    { ...options, strides: [strides[0], 1], dilations: [dilations[0], 1], padding: [...padding[0], 0, 0] },
    { input: inputShape, output: [batch, outChannels, outDepth, input[1], input[2]] },
  ) as ConvPlan;
}

/** Plans a conv2d for each group. Its input channels are those of the slices that the kernel sees, slice by slice. */
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
    return planLayer(
      core,
      [1, channels, input[1], input[2]],
      { data, shape: [groupOut, channels, kernel[1], kernel[2]] },
      { ...shared, ...(offsets !== null && { bias: offsets.subarray(g * groupOut, (g + 1) * groupOut) }) },
    ) as ConvPlan;
  });
}
