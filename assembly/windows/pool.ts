// SPDX-License-Identifier: MIT

/**
 * A pooling in linear memory. src/backend/wasm/pool.ts fills in all but `row`. Fields count elements, if they are no
 * addresses.
 */
@unmanaged
export class Pool {
  elementBytes: i32;
  average: i32;
  /** Numbers of one pixel: the channels of nhwc, or 1. */
  depth: i32;
  inHeight: i32;
  inWidth: i32;
  outHeight: i32;
  outWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideY: i32;
  strideX: i32;
  padTop: i32;
  padBottom: i32;
  padLeft: i32;
  dilationY: i32;
  dilationX: i32;
  countIncludePad: i32;
  /** Columns of the padded input that windows read. */
  columns: i32;
  /** A mean of each output column counts so many elements of one row of its window. */
  widths: usize;
  /** Room for one row of padded input. */
  row: usize;
}

/** Bytes at the beginning of a workspace for a copy of the fields. */
const fieldBytes: usize = 128;

/** Makes a thread's own copy of a plan, whose row lies in its workspace. */
export function ownPool(head: usize, workspace: usize): Pool {
  memory.copy(workspace, head, offsetof<Pool>());
  const p = changetype<Pool>(workspace);
  p.row = workspace + fieldBytes;
  return p;
}

// Type arguments tell a mean from a maximum, so that the choice is made when loops are compiled.
export type Mean = i32;
type Greatest = f32;

/**
 * Finds the greatest element or the mean of windows of `planes` planes, one axis at a time: it combines the rows of a
 * window into `row`, which goes on beyond its edges with the neutral element, then the columns of `row`.
 */
export function poolPlanes(p: Pool, input: usize, output: usize, planes: i32): void {
  if (p.elementBytes == 4) {
    if (p.average) poolAll<f32, Mean>(p, input, output, planes);
    else poolAll<f32, Greatest>(p, input, output, planes);
  } else {
    if (p.average) poolAll<f64, Mean>(p, input, output, planes);
    else poolAll<f64, Greatest>(p, input, output, planes);
  }
}

// @ts-ignore: decorator
@inline
function neutral<T, O>(): T {
  return isInteger<O>() ? <T>0 : <T>-Infinity;
}

/** Returns a + b, or the greater of a and b, which is NaN where either is NaN. */
// @ts-ignore: decorator
@inline
function combine<T, O>(a: v128, b: v128): v128 {
  if (isInteger<O>()) return v128.add<T>(a, b);
  // pmax is a < b ? b : a, which keeps a NaN in a; where b is NaN, all bits are set, which is a NaN as well.
  return v128.or(v128.pmax<T>(a, b), v128.ne<T>(b, b));
}

// @ts-ignore: decorator
@inline
function combineNumbers<T, O>(a: T, b: T): T {
  if (isInteger<O>()) return a + b;
  return b > a || b != b ? b : a;
}

function poolAll<T, O>(p: Pool, input: usize, output: usize, planes: i32): void {
  const bytes = <usize>sizeof<T>();
  const line = <usize>p.inWidth * p.depth * bytes;
  const inside = p.row + <usize>p.padLeft * p.depth * bytes;
  fill<T>(p.row, inside, neutral<T, O>());
  fill<T>(inside + line, p.row + <usize>p.columns * p.depth * bytes, neutral<T, O>());
  for (let plane = 0; plane < planes; plane++) {
    for (let oy = 0; oy < p.outHeight; oy++) {
      const start = oy * p.strideY - p.padTop;
      const skipped = tapsBefore(p, -start);
      const taps = tapsBefore(p, p.inHeight - start) - skipped;
      const from = input + <usize>(start + skipped * p.dilationY) * line;
      if (taps <= 0) fill<T>(inside, inside + line, neutral<T, O>());
      else combineRows<T, O>(from, taps, p.dilationY * line, line, inside);
      const height = <T>(p.countIncludePad ? tapsBefore(p, p.inHeight + p.padBottom - start) : taps);
      if (p.depth > 1) combineDeepPixels<T, O>(p, height, output);
      else combinePixels<T, O>(p, height, output);
      output += <usize>p.outWidth * p.depth * bytes;
    }
    input += <usize>p.inHeight * line;
  }
}

/** Counts the window's rows, a dilation apart, that lie before row `end` of it. */
export function tapsBefore(p: Pool, end: i32): i32 {
  return end <= 0 ? 0 : min((end - 1) / p.dilationY + 1, p.kernelHeight);
}

function fill<T>(from: usize, end: usize, value: T): void {
  for (; from < end; from += sizeof<T>()) store<T>(from, value);
}

/** Combines rows of `length` bytes that lie `step` bytes apart; there is at least one. */
export function combineRows<T, O>(from: usize, taps: i32, step: usize, length: usize, to: usize): void {
  let i: usize = 0;
  for (; i + 64 <= length; i += 64) {
    let at = from + i;
    let a = v128.load(at), b = v128.load(at, 16), c = v128.load(at, 32), d = v128.load(at, 48);
    for (let tap = 1; tap < taps; tap++) {
      at += step;
      a = combine<T, O>(a, v128.load(at));
      b = combine<T, O>(b, v128.load(at, 16));
      c = combine<T, O>(c, v128.load(at, 32));
      d = combine<T, O>(d, v128.load(at, 48));
    }
    v128.store(to + i, a);
    v128.store(to + i, b, 16);
    v128.store(to + i, c, 32);
    v128.store(to + i, d, 48);
  }
  for (; i + 16 <= length; i += 16) v128.store(to + i, down<T, O>(from + i, taps, step));
  if (i == length) return;
  // The last vector takes some columns once more, rather than part of a vector.
  if (length >= 16) v128.store(to + length - 16, down<T, O>(from + length - 16, taps, step));
  else for (; i < length; i += sizeof<T>()) store<T>(to + i, combineOne<T, O>(from + i, taps, step));
}

/** Combines vectors of elements that lie `step` bytes apart into one. */
// @ts-ignore: decorator
@inline
function down<T, O>(at: usize, taps: i32, step: usize): v128 {
  let sum = v128.load(at);
  for (let tap = 1; tap < taps; tap++) {
    at += step;
    sum = combine<T, O>(sum, v128.load(at));
  }
  return sum;
}

/** Combines elements that lie `step` bytes apart. */
function combineOne<T, O>(at: usize, taps: i32, step: usize): T {
  let sum = load<T>(at);
  for (let tap = 1; tap < taps; tap++) {
    at += step;
    sum = combineNumbers<T, O>(sum, load<T>(at));
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function finished<T, O>(sum: v128, height: T, widths: v128): v128 {
  if (isInteger<O>()) return v128.div<T>(sum, v128.mul<T>(v128.splat<T>(height), widths));
  return sum;
}

function combinePixels<T, O>(p: Pool, height: T, output: usize): void {
  const lanes = <i32>(16 / sizeof<T>());
  const end = p.outWidth;
  let ox = 0;
  if (p.strideX <= 2 && end >= lanes) {
    for (; ox + lanes <= end; ox += lanes) combineVector<T, O>(p, height, output, ox);
    if (ox < end) combineVector<T, O>(p, height, output, end - lanes);
    return;
  }
  for (; ox < end; ox++) {
    const from = p.row + <usize>ox * p.strideX * sizeof<T>();
    const sum = combineOne<T, O>(from, p.kernelWidth, <usize>p.dilationX * sizeof<T>());
    const at = <usize>ox * sizeof<T>();
    store<T>(output + at, isInteger<O>() ? <T>(sum / (height * load<T>(p.widths + at))) : sum);
  }
}

/** Computes the vector of outputs that begins at column ox, for strides of 1 and 2. */
// @ts-ignore: decorator
@inline
function combineVector<T, O>(p: Pool, height: T, output: usize, ox: i32): void {
  const step = <usize>p.dilationX * sizeof<T>();
  let at = p.row + <usize>ox * p.strideX * sizeof<T>();
  let sum: v128;
  if (p.strideX == 1) {
    sum = down<T, O>(at, p.kernelWidth, step);
  } else {
    sum = even<T>(at);
    for (let kx = 1; kx < p.kernelWidth; kx++) {
      at += step;
      sum = combine<T, O>(sum, even<T>(at));
    }
  }
  const bytes = <usize>ox * sizeof<T>();
  v128.store(output + bytes, finished<T, O>(sum, height, v128.load(p.widths + bytes)));
}

/** Loads every other element from an address on. */
// @ts-ignore: decorator
@inline
function even<T>(at: usize): v128 {
  if (sizeof<T>() == 4) return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
  return v128.shuffle<f64>(v128.load(at), v128.load(at, 16), 0, 2);
}

function combineDeepPixels<T, O>(p: Pool, height: T, output: usize): void {
  const lanes = <i32>(16 / sizeof<T>());
  const bytes = <usize>sizeof<T>();
  const step = <usize>p.dilationX * p.depth * bytes;
  for (let ox = 0; ox < p.outWidth; ox++, output += <usize>p.depth * bytes) {
    const from = p.row + <usize>ox * p.strideX * p.depth * bytes;
    const width = load<T>(p.widths + <usize>ox * bytes);
    if (p.depth < lanes) {
      for (let c = 0; c < p.depth; c++) {
        const sum = combineOne<T, O>(from + <usize>c * bytes, p.kernelWidth, step);
        store<T>(output + <usize>c * bytes, isInteger<O>() ? <T>(sum / (height * width)) : sum);
      }
      continue;
    }
    for (let c = 0; c < p.depth; c += lanes) {
      const at = <usize>min(c, p.depth - lanes) * bytes;
      const sum = down<T, O>(from + at, p.kernelWidth, step);
      v128.store(output + at, finished<T, O>(sum, height, v128.splat<T>(width)));
    }
  }
}
