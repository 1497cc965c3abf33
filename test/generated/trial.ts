// SPDX-License-Identifier: MIT
// One call of one operator, with what must come of it.
import type { Engine, Tensor } from "corr2d";

export interface Expected {
  /** The exact results. */
  readonly values: Float64Array;
  /** How far from them an implementation may be. */
  readonly allowed: Float64Array;
  /** The sum of the magnitudes of what is summed up. */
  readonly magnitudes: Float64Array;
}

export interface Trial {
  readonly operator: string;
  /** The last one are the options. */
  readonly args: readonly unknown[];
  readonly shape: readonly number[];
  /** In the order of `shape`. */
  readonly expected: Expected;
  /** "winograd" compares the error of the whole with that of direct. */
  readonly bound: "allowed" | "winograd";
  readonly how: "plain" | "out" | "async";
}

type Elements = Float32Array | Float64Array | Int32Array | Int8Array | Uint8Array;
type Operator = (...args: unknown[]) => Tensor | Promise<Tensor>;

const guard = 3;
const untouched = 77;

/** Throws unless the engine gives what was expected, and leaves the operands and what surrounds `out` as they were. */
export async function runTrial(trial: Trial, engine: Engine): Promise<void> {
  const views = viewsOf(trial.args);
  const before = views.map((view) => view.slice());
  const data = await resultOf(trial, engine);
  if (trial.bound === "winograd") await compareAsWinograd(trial, engine, data);
  else compare(trial, data);
  views.forEach((view, i) => {
    if (!sameBytes(view, before[i])) throw new Error("an operand was written to");
  });
}

async function resultOf(trial: Trial, engine: Engine): Promise<Elements> {
  const { operator, shape, how, expected } = trial;
  const args = argsFor(trial, engine);
  const call = (engine as unknown as Record<string, Operator>)[
    how === "async" ? `${operator}Async` : operator
  ];
  if (how !== "out") {
    const result = await call(...args);
    checkShape(result.shape, shape);
    return result.data;
  }
  const type = (await call(...args)).data.constructor as new (length: number) => Elements;
  const all = new type(expected.values.length + 2 * guard).fill(untouched);
  const out = all.subarray(guard, guard + expected.values.length).fill(99);
  const result = await call(...args.slice(0, -1), { ...(args.at(-1) as object), out: { data: out, shape } });
  if (result.data !== out) throw new Error("`out` was not used");
  checkShape(result.shape, shape);
  for (let i = 0; i < guard; i++) {
    if (all[i] !== untouched || all[guard + out.length + i] !== untouched)
      throw new Error("wrote outside the output that it was given");
  }
  return out;
}

/** The reference backend alone lacks depthwise. */
function argsFor({ args }: Trial, { backend }: Engine): readonly unknown[] {
  const options = args.at(-1) as { algorithm?: string };
  if (backend !== "reference" || options.algorithm !== "depthwise") return args;
  return [...args.slice(0, -1), { ...options, algorithm: "auto" }];
}

function checkShape(actual: readonly number[], expected: readonly number[]): void {
  if (String(actual) !== String(expected)) throw new Error(`shape [${actual}], not [${expected}]`);
}

function compare({ expected: { values, allowed } }: Trial, data: Elements): void {
  if (data.length !== values.length) throw new Error(`${data.length} elements, not ${values.length}`);
  for (let i = 0; i < values.length; i++) {
    // Where an infinity takes part, the result is exact or wrong. A NaN on either side alone must fail.
    if (Object.is(data[i], values[i]) || data[i] === values[i]) continue;
    if (Number.isFinite(allowed[i]) && Math.abs(data[i] - values[i]) <= allowed[i]) continue;
    throw new Error(`element ${i}: expected ${values[i]} +- ${allowed[i]} but received ${data[i]}`);
  }
}

/** Winograd's promise: root mean square error at most 16 times that of direct, and a few roundings where that is exact. */
async function compareAsWinograd(trial: Trial, engine: Engine, data: Elements): Promise<void> {
  const { values, magnitudes } = trial.expected;
  const options = trial.args.at(-1) as object;
  const exact = "algorithm" in options ? { algorithm: "direct" } : { accuracy: "exact" };
  const direct = await resultOf(
    { ...trial, args: [...trial.args.slice(0, -1), { ...options, ...exact }] },
    engine,
  );
  const norm = (errorOf: (i: number) => number) =>
    Math.sqrt(values.reduce((sum, _, i) => sum + errorOf(i) ** 2, 0) / values.length);
  const allowed = 16 * norm((i) => direct[i] - values[i]) + 4 * 2 ** -24 * norm((i) => magnitudes[i]);
  const error = norm((i) => data[i] - values[i]);
  if (!(error <= allowed)) throw new Error(`error ${error}, where ${allowed} is allowed`);
}

function sameBytes(a: Elements, b: Elements): boolean {
  const bytes = (view: Elements) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const other = bytes(b);
  return bytes(a).every((byte, i) => byte === other[i]);
}

/** The typed arrays among the operands. */
function viewsOf(args: readonly unknown[]): Elements[] {
  return args.flatMap((arg) => {
    if (typeof arg !== "object" || arg === null) return [];
    if (ArrayBuffer.isView(arg)) return [arg as Elements];
    const { data, bias } = arg as { data?: unknown; bias?: unknown };
    return [data, bias].filter((value): value is Elements => ArrayBuffer.isView(value));
  });
}
