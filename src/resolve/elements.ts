// SPDX-License-Identifier: MIT

import { type DType, isInteger, limits } from "../dtype.ts";
import { invalid } from "../errors.ts";
import type { Activation } from "../spec/activation.ts";
import type { Elements } from "../spec/elements.ts";

/** The element types that an integer convolution can return. */
export type IntegerOutputDType = "int32" | "float32" | "int8" | "uint8";

/** Options of a convolution of uint8 or int8 by int8. Floating-point operands take none of them. */
export interface IntegerOptions {
  /**
   * The input number that stands for zero, within the input type's range; zero padding is filled with it. Default 0.
   */
  readonly inputZeroPoint?: number;
  /** Default "float32" with a `scale` and "int32" without. Every type but "int32" needs a scale. */
  readonly outputDtype?: IntegerOutputDType;
  /** The number that stands for zero in an int8 or uint8 output, within that type's range. Default 0. */
  readonly outputZeroPoint?: number;
}

const integerOptionNames = ["inputZeroPoint", "outputDtype", "outputZeroPoint"] as const;

const outputDtypes: readonly unknown[] = ["int32", "float32", "int8", "uint8"] satisfies IntegerOutputDType[];

/**
 * Resolves the element types and zero points for an input of `dtype`. Throws INVALID_ARGUMENT.
 *
 * @param scale as given
 */
export function resolveElements(
  dtype: DType,
  options: IntegerOptions,
  activation: Activation,
  scale: unknown,
): Elements {
  const scaled = scale !== undefined;
  if (!isInteger(dtype)) {
    if (scaled) throw invalid(`nothing, as the weights are ${dtype},`, "scale", scale);
    for (const name of integerOptionNames) {
      const value = options[name];
      if (value !== undefined) throw invalid(`nothing, as the weights are ${dtype},`, name, value);
    }
    return { dtype, weightsDtype: dtype, outputDtype: dtype, inputZeroPoint: 0, outputZeroPoint: 0 };
  }
  const { outputDtype = scaled ? "float32" : "int32" } = options;
  if (!outputDtypes.includes(outputDtype)) {
    throw invalid('one of "int32", "float32", "int8", "uint8"', "outputDtype", outputDtype);
  }
  if (scaled !== (outputDtype !== "int32")) {
    throw invalid(
      scaled ? '"float32", "int8" or "uint8", as a scale is given,' : '"int32", as no scale is given,',
      "outputDtype",
      outputDtype,
    );
  }
  checkActivation(activation, outputDtype);
  const { outputZeroPoint } = options;
  if (outputDtype === "int32" || outputDtype === "float32") {
    if (outputZeroPoint !== undefined) {
      throw invalid(`nothing, as the output is ${outputDtype},`, "outputZeroPoint", outputZeroPoint);
    }
  }
  return {
    dtype,
    weightsDtype: "int8",
    outputDtype,
    inputZeroPoint: zeroPoint(options.inputZeroPoint, dtype, "inputZeroPoint"),
    outputZeroPoint: zeroPoint(outputZeroPoint, outputDtype, "outputZeroPoint"),
  };
}

/**
 * Integer outputs must agree to the last bit on every backend, which rules out inexact activations. float32 outputs may
 * differ in the last bit anyway, so they take every activation.
 */
function checkActivation({ kind }: Activation, outputDtype: DType): void {
  const allowed = {
    int32: ["none", "relu"],
    int8: ["none", "relu", "clamp"],
    uint8: ["none", "relu", "clamp"],
  };
  if (outputDtype === "float32" || outputDtype === "float64") return;
  const names = allowed[outputDtype];
  if (names.includes(kind)) return;
  const list = names.map((name) => JSON.stringify(name)).join(", ");
  throw invalid(`one of ${list}, as the output is ${outputDtype},`, "activation", kind);
}

function zeroPoint(value: number | undefined, dtype: DType, name: string): number {
  if (value === undefined) return 0;
  const [min, max] = limits[dtype as keyof typeof limits];
  if (Number.isInteger(value) && value >= min && value <= max) return value + 0;
  throw invalid(`a whole number from ${min} to ${max}`, name, value);
}
