// SPDX-License-Identifier: MIT
import type { DType } from "../dtype.ts";

/** The element types and zero points of a convolution; part of a spec. */
export interface Elements {
  /** The input's type. Unless it is "uint8" or "int8", weights and output share it. */
  readonly dtype: DType;
  /** "int8" if the input holds integers. */
  readonly weightsDtype: DType;
  /** For an integer input: "int32" (sums), "float32" (scaled sums), "int8" or "uint8" (rounded and saturated). */
  readonly outputDtype: DType;
  /** Subtracted from each input; 0 for floating point. */
  readonly inputZeroPoint: number;
  /** Added to each rounded output; 0 unless the output is "int8" or "uint8". */
  readonly outputZeroPoint: number;
}
