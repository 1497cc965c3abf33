// SPDX-License-Identifier: MIT
import type { ArrayOf } from "../dtype.ts";
import type { IntegerOutputDType } from "../resolve/elements.ts";

/** The array type that an integer conv2d with options `O` returns: a union where the type of `O` does not decide. */
export type IntegerOutput<O> = O extends { readonly outputDtype: infer D extends IntegerOutputDType }
  ? ArrayOf<D>
  : "outputDtype" extends keyof O
    ? ArrayOf<IntegerOutputDType>
    : O extends { readonly scale: NonNullable<unknown> }
      ? Float32Array
      : "scale" extends keyof O
        ? Int32Array | Float32Array
        : Int32Array;
