// SPDX-License-Identifier: MIT
import { dtypeOf } from "../dtype.ts";
import { type NestedArray, type TensorLike, toTensor } from "../tensor.ts";

type Operand = TensorLike | NestedArray;

/** Two operands of four dimensions and floating-point elements: nested arrays take the element type of their partner. */
export function floatOperands(
  a: Operand,
  aName: string,
  b: Operand,
  bName: string,
): [TensorLike, TensorLike] {
  if (Array.isArray(a) && !Array.isArray(b)) {
    const second = toTensor(b, 4, bName);
    return [toTensor(a, 4, aName, dtypeOf(second.data, `${bName}.data`)), second];
  }
  const first = toTensor(a, 4, aName);
  return [first, toTensor(b, 4, bName, dtypeOf(first.data, `${aName}.data`))];
}
