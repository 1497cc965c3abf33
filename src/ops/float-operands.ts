// SPDX-License-Identifier: MIT
import { dtypeOf } from "../dtype.ts";
import { inElementsOf } from "../input/designed-kernel.ts";
import { type NestedArray, type TensorLike, toTensor } from "../tensor.ts";

type Operand = TensorLike | NestedArray;

/**
 * Reads two floating-point operands of `rank` dimensions. Nested arrays and designed kernels take the element type of
 * the other operand. Throws INVALID_ARGUMENT.
 */
export function floatOperands(
  a: Operand,
  aName: string,
  b: Operand,
  bName: string,
  rank = 4,
): [TensorLike, TensorLike] {
  if (Array.isArray(a) && !Array.isArray(b)) {
    const second = toTensor(b, rank, bName);
    return [toTensor(a, rank, aName, dtypeOf(second.data, `${bName}.data`)), second];
  }
  const first = toTensor(a, rank, aName);
  const dtype = dtypeOf(first.data, `${aName}.data`);
  const second = toTensor(b, rank, bName, dtype);
  const secondDtype = dtypeOf(second.data, `${bName}.data`);
  if (secondDtype === dtype) return [first, second];
  // At most one of the two is a designed kernel.
  const fitted = inElementsOf(second, dtype, `${bName}.data`) as TensorLike;
  return [
    fitted === second ? (inElementsOf(first, secondDtype, `${aName}.data`) as TensorLike) : first,
    fitted,
  ];
}
