// SPDX-License-Identifier: MIT
import type { ConvTransposePlan } from "../adjoint-plan.ts";
import type { EngineCore } from "../core.ts";
import { invalid } from "../errors.ts";
import type { Names } from "../options.ts";
import type { AsyncOptions, RunOptions } from "../plan.ts";
import { checkOutputPadding } from "../resolve-transpose.ts";
import { resolveAxes, resolveAxisPadding } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { type ConvNdPlan, checkSizes, convNdOperators } from "./conv-nd.ts";
import { type ConvTranspose2dOptions, planConvTranspose2d } from "./conv-transpose2d.ts";
import type { Operand } from "./pad.ts";
import { RowPlan } from "./row-plan.ts";

/** The options of convTranspose2d, over one axis. */
export interface ConvTranspose1dOptions
  extends Pick<ConvTranspose2dOptions, "groups" | "border" | "activation" | "bias" | "accuracy"> {
  /** Step of the convolution that is transposed. Default 1. */
  readonly strides?: number;
  /** How much the output is shorter than all that is computed: on both sides, [before, after], or by rule. Default 0. */
  readonly padding?: number | readonly [number, number] | "valid" | "full";
  /** Elements added to the end of the output; less than the stride, or than the dilation. Default 0. */
  readonly outputPadding?: number;
  /** Distance between neighbouring kernel elements. Default 1. */
  readonly dilations?: number;
}

/** A convTranspose1d with its weights packed. */
export type ConvTranspose1dPlan = Omit<ConvNdPlan, "algorithm"> &
  Pick<ConvTransposePlan, "algorithms"> &
  Disposable;

/** Transposed convolution over one axis. */
export interface ConvTranspose1dOperators {
  /**
   * `convTranspose2d` over one axis: signals [batch, inChannels, length] by weights [inChannels, outChannels / groups,
   * kernelLength] give [batch, outChannels, outLength] with
   *
   *     outLength = (length - 1) * strides - before - after + (kernelLength - 1) * dilations + outputPadding + 1
   *
   * Runs as convTranspose2d on images of height 1, without a copy.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  convTranspose1d(x: Operand, weights: Operand, options?: ConvTranspose1dOptions & RunOptions): Tensor;
  /** As `convTranspose1d`, off the event loop. */
  convTranspose1dAsync(
    x: Operand,
    weights: Operand,
    options?: ConvTranspose1dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** Prepares a convTranspose1d for many inputs of one shape. Throws as that does. */
  planConvTranspose1d(
    inputShape: readonly number[],
    weights: Operand,
    options?: ConvTranspose1dOptions,
  ): ConvTranspose1dPlan;
}

const optionNames: Names<ConvTranspose1dOptions> = {
  ...{ strides: true, padding: true, outputPadding: true, dilations: true, groups: true },
  ...{ border: true, activation: true, bias: true, accuracy: true },
};

export function convTranspose1dOperators(core: EngineCore): ConvTranspose1dOperators {
  const operators = convNdOperators<ConvTranspose1dOptions, ConvTranspose1dPlan>(
    3,
    optionNames,
    (inputShape, filters, options) => new TransposedRowPlan(planRow(core, inputShape, filters, options)),
  );
  return {
    convTranspose1d: operators.once,
    convTranspose1dAsync: operators.onceAsync,
    planConvTranspose1d: operators.plan,
  };
}

/** Throws INVALID_ARGUMENT. */
function planRow(
  core: EngineCore,
  inputShape: readonly number[],
  { data, shape }: TensorLike,
  { strides = 1, padding = 0, outputPadding = 0, dilations = 1, ...shared }: ConvTranspose1dOptions,
): ConvTransposePlan {
  checkSizes(inputShape, shape);
  const [batch, inChannels, length] = inputShape;
  const [weightsIn, groupOut, kernel] = shape;
  if (weightsIn !== inChannels) throw invalid(`${inChannels} input channels`, "weights.shape[0]", shape);
  const [stride] = resolveAxes(strides, 1, "strides");
  const [dilation] = resolveAxes(dilations, 1, "dilations");
  checkOutputPadding(outputPadding, stride, dilation, "outputPadding");
  const rules = ["valid", "full"];
  const [[before, after]] = resolveAxisPadding(padding, [length], [kernel], [stride], [dilation], rules);
  return planConvTranspose2d(
    core,
    [batch, inChannels, 1, length],
    { data, shape: [inChannels, groupOut, 1, kernel] },
    {
      ...shared,
      strides: [1, stride],
      dilations: [1, dilation],
      padding: [0, 0, before, after],
      outputPadding: [0, outputPadding],
    },
  );
}

class TransposedRowPlan extends RowPlan<ConvTransposePlan> implements ConvTranspose1dPlan {
  readonly algorithms: ConvTransposePlan["algorithms"];

  constructor(plan: ConvTransposePlan) {
    super(plan);
    this.algorithms = plan.algorithms;
  }
}
