// SPDX-License-Identifier: MIT
import type { Backend } from "../backend/backend.ts";
import { type FloatArray, isInteger, type TypedArray } from "../dtype.ts";
import { convOperation } from "../operations/convolution.ts";
import {
  type Algorithm,
  type ConvSpec,
  inputShapeOf,
  multiplyAdds,
  outputShapeOf,
} from "../spec/convolution.ts";
import type { ConvTask } from "../spec/task.ts";
import { planOperand } from "./operands.ts";
import { describeThreads, nothing, UnaryPlan } from "./plan.ts";
import type { Selection } from "./selection.ts";

/** The constant operands of a convolution. */
export type ConvConstants = Pick<ConvTask, "weights" | "bias" | "scale">;

/** A plan's shapes where they differ from the spec's own four sizes, as in 1-D. */
export interface PlanShapes {
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/** A convolution with its weights packed and its algorithm chosen, for many inputs of one shape. */
export class ConvPlan<X extends TypedArray = FloatArray, Y extends TypedArray = FloatArray> extends UnaryPlan<
  X,
  Y
> {
  readonly spec: ConvSpec;
  readonly algorithm: Algorithm;
  readonly #reason: string;

  /** Callers get plans from `planConv2d` and its kin. */
  constructor(
    backend: Backend,
    spec: ConvSpec,
    { algorithm, reason }: Selection,
    constants: ConvConstants,
    assertOpen: () => void,
    shapes: PlanShapes = { input: inputShapeOf(spec), output: outputShapeOf(spec) },
  ) {
    const typedAs = isInteger(spec.dtype) ? "" : "as the weights have";
    super({
      backend,
      inputs: [planOperand("x", spec.dtype, shapes.input, typedAs)],
      output: planOperand("out", spec.outputDtype, shapes.output, typedAs),
      assertOpen,
      prepare: () =>
        spec.batch === 0
          ? nothing
          : backend.prepare(convOperation({ kind: "conv", spec, algorithm, ...constants })),
    });
    this.spec = spec;
    this.algorithm = algorithm;
    this.#reason = reason;
  }

  override explain(): string {
    const { spec } = this;
    const work = (2 * multiplyAdds(spec)) / 1e6;
    const outputType = spec.outputDtype === spec.dtype ? "" : `${spec.outputDtype} `;
    return (
      `${this.algorithm} on ${this.backend} (${this.isa}, ${describeThreads(this)}): ` +
      `${spec.dtype} [${this.inputShape.join(", ")}] -> ${outputType}[${this.outputShape.join(", ")}], ` +
      `kernel ${spec.kernelHeight}x${spec.kernelWidth}, ${work.toPrecision(3)} MFLOP, ` +
      `workspace ${Math.ceil(this.workspaceBytes / 1024)} KiB; ${this.#reason}`
    );
  }
}
