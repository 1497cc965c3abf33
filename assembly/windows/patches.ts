// SPDX-License-Identifier: MIT

/**
 * Patches of images in linear memory, as src/spec/patches.ts describes them. src/backend/wasm/patches.ts fills it in,
 * in this order.
 */
@unmanaged
export class Patches {
  value: f64;
  elementBytes: i32;
  depth: i32;
  inHeight: i32;
  inWidth: i32;
  outHeight: i32;
  outWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideX: i32;
  /** Tables of 32-bit integers. */
  rows: usize;
  columns: usize;
  first: usize;
  end: usize;
}

/** Copies the elements `tap` to `lastTap` of all windows, counted in rows and then columns, out of `planes` images. */
export function unfoldPlanes(p: Patches, image: usize, patches: usize, planes: i32, tap: i32, lastTap: i32): void {
  if (p.elementBytes == 4) unfold<f32>(p, image, patches, planes, tap, lastTap);
  else unfold<f64>(p, image, patches, planes, tap, lastTap);
}

/** Adds those elements back to images, which are set to zero before the first of them: the adjoint of unfoldPlanes. */
export function foldPlanes(p: Patches, patches: usize, image: usize, planes: i32, tap: i32, lastTap: i32): void {
  if (p.elementBytes == 4) fold<f32>(p, patches, image, planes, tap, lastTap);
  else fold<f64>(p, patches, image, planes, tap, lastTap);
}

// @ts-ignore: decorator
@inline
function entry(table: usize, i: i32): i32 {
  return load<i32>(table + (<usize>i << 2));
}

function unfold<T>(p: Patches, image: usize, patches: usize, planes: i32, firstTap: i32, lastTap: i32): void {
  const pixel = <usize>p.depth * sizeof<T>();
  const line = <usize>p.inWidth * pixel, outLine = <usize>p.outWidth * pixel;
  const value = <T>p.value;
  for (let plane = 0; plane < planes; plane++, image += <usize>p.inHeight * line) {
    for (let tap = firstTap; tap < lastTap; tap++) {
      const ky = tap / p.kernelWidth, kx = tap % p.kernelWidth;
      const first = entry(p.first, kx), end = entry(p.end, kx);
      const source = first < end ? <usize>entry(p.columns, first * p.kernelWidth + kx) * pixel : 0;
      for (let oy = 0; oy < p.outHeight; oy++, patches += outLine) {
        const row = entry(p.rows, oy * p.kernelHeight + ky);
        if (row < 0) {
          fill<T>(patches, outLine, value);
          continue;
        }
        const from = image + <usize>row * line;
        copyEdge<T>(p, from, patches, kx, 0, first, value);
        copyPixels<T>(from + source, p.strideX, p.depth, end - first, patches + <usize>first * pixel);
        copyEdge<T>(p, from, patches, kx, end, p.outWidth, value);
      }
    }
  }
}

function fold<T>(p: Patches, patches: usize, image: usize, planes: i32, firstTap: i32, lastTap: i32): void {
  const pixel = <usize>p.depth * sizeof<T>();
  const line = <usize>p.inWidth * pixel, outLine = <usize>p.outWidth * pixel;
  for (let plane = 0; plane < planes; plane++, image += <usize>p.inHeight * line) {
    if (firstTap == 0) fill<T>(image, <usize>p.inHeight * line, <T>0);
    for (let tap = firstTap; tap < lastTap; tap++) {
      const ky = tap / p.kernelWidth, kx = tap % p.kernelWidth;
      const first = entry(p.first, kx), end = entry(p.end, kx);
      const target = first < end ? <usize>entry(p.columns, first * p.kernelWidth + kx) * pixel : 0;
      for (let oy = 0; oy < p.outHeight; oy++, patches += outLine) {
        const row = entry(p.rows, oy * p.kernelHeight + ky);
        if (row < 0) continue;
        const to = image + <usize>row * line;
        addPixels<T>(patches + <usize>first * pixel, p.strideX, p.depth, end - first, to + target);
        addEdge<T>(p, patches, to, kx, 0, first);
        addEdge<T>(p, patches, to, kx, end, p.outWidth);
      }
    }
  }
}

/** Copies pixels whose sources a border may have put anywhere. */
function copyEdge<T>(p: Patches, from: usize, to: usize, kx: i32, first: i32, end: i32, value: T): void {
  const pixel = <usize>p.depth * sizeof<T>();
  for (let ox = first; ox < end; ox++) {
    const column = entry(p.columns, ox * p.kernelWidth + kx);
    const at = to + <usize>ox * pixel;
    if (column < 0) fill<T>(at, pixel, value);
    else copyBytes<T>(from + <usize>column * pixel, pixel, at);
  }
}

function addEdge<T>(p: Patches, from: usize, to: usize, kx: i32, first: i32, end: i32): void {
  const pixel = <usize>p.depth * sizeof<T>();
  for (let ox = first; ox < end; ox++) {
    const column = entry(p.columns, ox * p.kernelWidth + kx);
    if (column >= 0) addBytes<T>(from + <usize>ox * pixel, pixel, to + <usize>column * pixel);
  }
}

/** Makes neighbours of pixels that lie `step` pixels apart. `depth` is 1 unless `step` is 1. */
function copyPixels<T>(from: usize, step: i32, depth: i32, count: i32, to: usize): void {
  if (step == 1) {
    copyBytes<T>(from, <usize>max(count, 0) * depth * sizeof<T>(), to);
    return;
  }
  const apart = <usize>step * sizeof<T>();
  let i = 0;
  const lanes = <i32>(16 / sizeof<T>());
  // A vector reads one element beyond the last.
  if (step == 2) {
    for (; i + lanes <= count; i += lanes, from += 32, to += 16) v128.store(to, even<T>(from));
  }
  for (; i < count; i++, from += apart, to += sizeof<T>()) store<T>(to, load<T>(from));
}

function addPixels<T>(from: usize, step: i32, depth: i32, count: i32, to: usize): void {
  if (step == 1) {
    addBytes<T>(from, <usize>max(count, 0) * depth * sizeof<T>(), to);
    return;
  }
  const apart = <usize>step * sizeof<T>();
  for (let i = 0; i < count; i++, from += sizeof<T>(), to += apart) store<T>(to, load<T>(to) + load<T>(from));
}

/** Loads every other element from an address on. */
// @ts-ignore: decorator
@inline
export function even<T>(at: usize): v128 {
  if (sizeof<T>() == 4) return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
  return v128.shuffle<f64>(v128.load(at), v128.load(at, 16), 0, 2);
}

export function fill<T>(at: usize, bytes: usize, value: T): void {
  const end = at + bytes;
  const all = v128.splat<T>(value);
  for (; at + 16 <= end; at += 16) v128.store(at, all);
  for (; at < end; at += sizeof<T>()) store<T>(at, value);
}

function copyBytes<T>(from: usize, bytes: usize, to: usize): void {
  let i: usize = 0;
  for (; i + 64 <= bytes; i += 64) {
    const a = v128.load(from + i), b = v128.load(from + i, 16), c = v128.load(from + i, 32), d = v128.load(from + i, 48);
    v128.store(to + i, a);
    v128.store(to + i, b, 16);
    v128.store(to + i, c, 32);
    v128.store(to + i, d, 48);
  }
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  // The last vector copies some elements once more, rather than part of a vector.
  if (i < bytes && bytes >= 16) v128.store(to + bytes - 16, v128.load(from + bytes - 16));
  else for (; i < bytes; i += sizeof<T>()) store<T>(to + i, load<T>(from + i));
}

function addBytes<T>(from: usize, bytes: usize, to: usize): void {
  let i: usize = 0;
  for (; i + 64 <= bytes; i += 64) {
    const at = to + i, by = from + i;
    v128.store(at, v128.add<T>(v128.load(at), v128.load(by)));
    v128.store(at, v128.add<T>(v128.load(at, 16), v128.load(by, 16)), 16);
    v128.store(at, v128.add<T>(v128.load(at, 32), v128.load(by, 32)), 32);
    v128.store(at, v128.add<T>(v128.load(at, 48), v128.load(by, 48)), 48);
  }
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.add<T>(v128.load(to + i), v128.load(from + i)));
  for (; i < bytes; i += sizeof<T>()) store<T>(to + i, load<T>(to + i) + load<T>(from + i));
}
