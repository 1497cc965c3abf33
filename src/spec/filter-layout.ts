// SPDX-License-Identifier: MIT
import { allocate, elementTypeOf, type TypedArray } from "../dtype.ts";
import type { TensorLike } from "../tensor.ts";

/**
 * Reorders weights from `layout` ("o", "i", "h" and "w" in any order) to OIHW. Returns the array itself if it is in
 * that order already.
 */
export function toOihw<A extends TypedArray>({ data, shape }: TensorLike<A>, layout: string): A {
  if (layout === "oihw") return data;
  const ordered = allocate(elementTypeOf(data, "weights"), data.length) as A;
  const sizes = [..."oihw"].map((letter) => shape[layout.indexOf(letter)]);
  visit(sizes, layout, (at, next) => {
    ordered[next] = data[at];
  });
  return ordered;
}

/** Writes OIHW weights to `to` in the order of `layout`; `shape` is in that order too. */
export function fromOihw(from: TypedArray, layout: string, shape: readonly number[], to: TypedArray): void {
  const sizes = [..."oihw"].map((letter) => shape[layout.indexOf(letter)]);
  visit(sizes, layout, (at, next) => {
    to[at] = from[next];
  });
}

/** Calls `each` for every element with its index in `layout` and its index in OIHW. */
function visit(sizes: readonly number[], layout: string, each: (at: number, next: number) => void): void {
  const steps = { o: 0, i: 0, h: 0, w: 0 };
  let step = 1;
  for (let axis = 3; axis >= 0; axis--) {
    const letter = layout[axis] as keyof typeof steps;
    steps[letter] = step;
    step *= sizes["oihw".indexOf(letter)];
  }
  let next = 0;
  for (let o = 0; o < sizes[0]; o++) {
    for (let i = 0; i < sizes[1]; i++) {
      for (let h = 0; h < sizes[2]; h++) {
        for (let w = 0; w < sizes[3]; w++) {
          each(o * steps.o + i * steps.i + h * steps.h + w * steps.w, next++);
        }
      }
    }
  }
}
