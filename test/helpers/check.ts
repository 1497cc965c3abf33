// SPDX-License-Identifier: MIT
// One case on one implementation, held to everything that is promised. Runs in Node and in a page.
import type { Algorithm, Conv2dOptions, ConvPlan, Engine } from "corr2d";
import { type ConvCase, describeCase } from "./conv-case.ts";
import { type Filling, lay, layOperands, operandsOf, viewOf } from "./operands.ts";
import { type DType, type Expected, expectedOf, type FloatArray, type Operands } from "./oracle.ts";

export interface Implementation {
  readonly backend: "native" | "wasm" | "reference";
  readonly isa: string;
}

export const algorithms = ["direct", "im2col", "strided"] as const satisfies readonly Algorithm[];
export const dtypes = ["float32", "float64"] as const satisfies readonly DType[];

/** The builds that a current browser runs, best first. */
export const browserIsas = ["relaxed-simd", "simd128"] as const;

interface Prepared {
  readonly operands: Operands;
  readonly expected: Expected;
}

const prepared = new Map<string, Prepared>();

/** Operands and exact results of a case, computed once for all implementations. */
function prepare(c: ConvCase, dtype: DType, filling: Filling): Prepared {
  const key = `${c.seed} ${dtype} ${filling}`;
  let entry = prepared.get(key);
  if (entry === undefined) {
    const operands = operandsOf(c, dtype, filling);
    entry = { operands, expected: expectedOf(c, dtype, operands) };
    prepared.set(key, entry);
  }
  return entry;
}

/** The options of a case as the public API takes them. */
export function optionsOf(
  c: ConvCase,
  algorithm: Algorithm | "auto",
  bias: FloatArray | undefined,
): Conv2dOptions {
  return {
    strides: c.strides,
    padding: c.padding,
    dilations: c.dilations,
    groups: c.groups,
    border: c.border,
    inputLayout: c.inputLayout,
    filterLayout: c.filterLayout,
    activation: c.activation,
    algorithm,
    ...(bias === undefined ? {} : { bias }),
  };
}

/** Elements on each side of an output that must stay as they are. */
const guard = 3;
const untouched = 12345;

/** An output full of NaN between guards. */
function guardedOutput(dtype: DType, length: number): { out: FloatArray; check(): void } {
  const out = viewOf(dtype, length, guard);
  const all = dtype === "float32" ? new Float32Array(out.buffer) : new Float64Array(out.buffer);
  all.fill(untouched);
  out.fill(Number.NaN);
  const check = () => {
    for (let i = 0; i < guard; i++) {
      if (all[i] !== untouched || all[guard + length + i] !== untouched) {
        throw new Error("wrote outside the output that it was given");
      }
    }
  };
  return { out, check };
}

/** Throws unless the plan runs on what was asked for. */
function checkWhichRan(plan: ConvPlan, implementation: Implementation, algorithm: Algorithm): void {
  const ran = `${plan.backend} ${plan.isa} ${plan.algorithm}`;
  const asked = `${implementation.backend} ${implementation.isa} ${algorithm}`;
  if (ran !== asked) throw new Error(`asked for ${asked}, but the plan runs on ${ran}`);
}

/** Throws at the first element that is further from the exact result than allowed, or NaN where that is not. */
export function checkValues(actual: FloatArray, expected: Expected, exactly = false): void {
  const { values, allowed, shape } = expected;
  if (actual.length !== values.length) throw new Error(`${actual.length} elements, not ${values.length}`);
  for (let i = 0; i < values.length; i++) {
    // Where an infinity takes part, the result is exact or wrong. A NaN on either side alone must fail.
    const error = exactly || !Number.isFinite(allowed[i]) ? 0 : allowed[i];
    if (Object.is(actual[i], values[i]) || actual[i] === values[i]) continue;
    if (Math.abs(actual[i] - values[i]) <= error) continue;
    const [, channels, height, width] = shape;
    const at = [
      Math.floor(i / (channels * height * width)),
      Math.floor(i / (height * width)) % channels,
      Math.floor(i / width) % height,
      i % width,
    ];
    throw new Error(
      `at n, c, y, x = [${at.join(", ")}] expected ${values[i]} but received ${actual[i]}, ` +
        `off by ${Math.abs(actual[i] - values[i])} where ${error} is allowed`,
    );
  }
}

export function sameBits(a: FloatArray, b: FloatArray): boolean {
  const words = ({ buffer, byteOffset, byteLength }: FloatArray) =>
    new Int32Array(buffer, byteOffset, byteLength / 4);
  const left = words(a);
  const right = words(b);
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

/** Whether whole-number operands must give a whole-number result without any rounding. */
function isExact(c: ConvCase): boolean {
  return c.activation.kind === "none" || c.activation.kind === "relu";
}

/** Runs a case and throws, naming the case, if anything is not as promised. */
export function checkCase(
  engine: Engine,
  implementation: Implementation,
  c: ConvCase,
  algorithm: Algorithm,
  dtype: DType,
  filling: Filling = "uniform",
): void {
  const exactly = filling === "integers";
  if (exactly && !isExact(c)) return;
  const { operands, expected } = prepare(c, dtype, filling);
  const { x, weights, bias } = layOperands(c, dtype, operands);
  const before = x.data.slice();
  try {
    const plan = engine.planConv2d(x.shape, weights, optionsOf(c, algorithm, bias));
    try {
      checkWhichRan(plan, implementation, algorithm);
      const { out, check } = guardedOutput(dtype, expected.values.length);
      const result = plan.run(x, { out });
      if (result.data !== out) throw new Error("`out` was not used");
      const layout = c.inputLayout;
      const shape = [...layout].map((axis) => expected.shape["nchw".indexOf(axis)]);
      if (result.shape.join() !== shape.join()) throw new Error(`shape [${result.shape}], not [${shape}]`);
      check();
      checkValues(lay(out, dtype, shape, layout, "nchw", 0).data, expected, exactly);
      if (!sameBits(x.data, before)) throw new Error("the input was written to");
    } finally {
      plan.dispose();
    }
  } catch (cause) {
    throw failure(implementation, c, algorithm, dtype, filling, cause);
  }
}

/** Throws unless all engines give the same bits, sync and async, and on a second run of the same plan. */
export async function checkBits(
  engines: readonly Engine[],
  implementation: Implementation,
  c: ConvCase,
  algorithm: Algorithm,
  dtype: DType,
): Promise<void> {
  const { x, weights, bias } = layOperands(c, dtype, prepare(c, dtype, "uniform").operands);
  let first: FloatArray | undefined;
  const compare = (data: FloatArray, what: string) => {
    first ??= data;
    if (!sameBits(first, data))
      throw new Error(`${what}: not the bits of the first run on ${engines[0].threads} thread`);
  };
  try {
    for (const engine of engines) {
      using plan = engine.planConv2d(x.shape, weights, optionsOf(c, algorithm, bias));
      compare(plan.run(x).data, `run on ${engine.threads} threads`);
      compare(plan.run(x).data, `second run on ${engine.threads} threads`);
      compare((await plan.runAsync(x)).data, `runAsync on ${engine.threads} threads`);
    }
  } catch (cause) {
    throw failure(implementation, c, algorithm, dtype, "uniform", cause);
  }
}

function failure(
  { backend, isa }: Implementation,
  c: ConvCase,
  algorithm: Algorithm,
  dtype: DType,
  filling: Filling,
  cause: unknown,
): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${backend} ${isa} ${algorithm} ${dtype} ${filling}: ${describeCase(c)}: ${message}`, {
    cause,
  });
}

/** Runs `check` on each item; the messages of what failed, the first few in full. */
export async function collectFailures<T>(
  items: readonly T[],
  check: (item: T) => void | Promise<void>,
): Promise<string[]> {
  const failures: string[] = [];
  for (const item of items) {
    try {
      await check(item);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  const shown = failures.slice(0, 5);
  if (failures.length > shown.length) shown.push(`... and ${failures.length - shown.length} more`);
  return shown;
}
