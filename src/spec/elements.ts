// SPDX-License-Identifier: MIT
import type { DType } from "../dtype.ts";

/** What input, weights and output of a convolution are made of: part of a spec. */
export interface Elements {
  /** Of the input: of all, unless it is "uint8" or "int8". */
  readonly dtype: DType;
  /** "int8" for an input of integers. */
  readonly weightsDtype: DType;
  /** For an input of integers "int32" (sums), "float32" (scaled sums), "int8" or "uint8" (rounded and saturated). */
  readonly outputDtype: DType;
  /** Subtracted from each input; 0 for floating point. */
  readonly inputZeroPoint: number;
  /** Added to each rounded output; 0 unless that is "int8" or "uint8". */
  readonly outputZeroPoint: number;
}
