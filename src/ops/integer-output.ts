// SPDX-License-Identifier: MIT
import type { ArrayOf } from "../dtype.ts";
import type { IntegerOutputDType } from "../resolve/elements.ts";

/** What a conv2d of integers with options `O` returns: all that it may be where their type does not say. */
export type IntegerOutput<O> = O extends { readonly outputDtype: infer D extends IntegerOutputDType }
  ? ArrayOf<D>
  : "outputDtype" extends keyof O
    ? ArrayOf<IntegerOutputDType>
    : O extends { readonly scale: NonNullable<unknown> }
      ? Float32Array
      : "scale" extends keyof O
        ? Int32Array | Float32Array
        : Int32Array;
