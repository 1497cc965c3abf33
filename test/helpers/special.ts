// SPDX-License-Identifier: MIT
// NaN, infinities, denormals and saturated activations: each must come out as the definition says.
import type { Algorithm, Engine } from "corr2d";
import { convCases } from "./cases.ts";
import { checkValues, optionsOf } from "./check.ts";
import { type Activation, type ConvCase, describeCase } from "./conv-case.ts";
import { lay, layOperands, operandsOf } from "./operands.ts";
import { type DType, expectedOf, type Operands } from "./oracle.ts";

const inf = Number.POSITIVE_INFINITY;

/** A few of the cases, of every kind that has code of its own. */
function hosts(): ConvCase[] {
  const cases = convCases();
  const named = (name: string) => cases.filter((c) => c.name === name);
  return [
    named("output width tail")[5],
    named("output channel tail")[6],
    named("input channel tail, 1x1")[6],
    named("input channel tail, 3x3")[4],
    named("depthwise")[4],
    named("depthwise")[7],
    named("strides")[5],
    named("strides with dilations")[6],
    named("same with strides")[9],
    ...named("padding on four sides"),
    ...named("nhwc padding").slice(0, 2),
  ];
}

/** Changes operands in place; `at` picks an element anywhere from first to last. */
const poisons: Record<string, (operands: Operands) => void> = {
  "NaN in the first of x": ({ x }) => x.fill(Number.NaN, 0, 1),
  "NaN in the last of x": ({ x }) => x.fill(Number.NaN, x.length - 1),
  "Infinity amid x": ({ x }) => x.fill(inf, x.length >> 1, (x.length >> 1) + 1),
  "both infinities, which cancel to NaN": ({ x }) => {
    x[x.length >> 1] = inf;
    x[(x.length >> 1) + 1] = -inf;
  },
  "-Infinity in the first weight": ({ weights }) => weights.fill(-inf, 0, 1),
  "Infinity in the last weight": ({ weights }) => weights.fill(inf, weights.length - 1),
  "NaN amid the weights": ({ weights }) =>
    weights.fill(Number.NaN, weights.length >> 1, (weights.length >> 1) + 1),
  "Infinity times zero": ({ x, weights }) => {
    x.fill(inf, x.length >> 1, (x.length >> 1) + 1);
    weights.fill(0, 0, weights.length >> 1);
  },
};

const activations: Activation[] = [
  { kind: "relu" },
  { kind: "sigmoid" },
  { kind: "tanh" },
  { kind: "leakyRelu", alpha: 0.25 },
  { kind: "clamp", min: -0.5, max: 0.75 },
];

/** The checks for one algorithm; each throws, saying what it tried. */
export function checkSpecialValues(engine: Engine, algorithm: Algorithm, dtype: DType): (() => void)[] {
  const checks: (() => void)[] = [];
  const add = (what: string, c: ConvCase, change: (operands: Operands) => void, exactly = false) =>
    checks.push(() => checkOperands(engine, what, c, algorithm, dtype, change, exactly));
  for (const c of hosts()) {
    for (const [what, poison] of Object.entries(poisons)) add(what, c, poison);
    add("denormals", { ...c, bias: false }, (operands) => makeDenormal(operands, dtype), true);
  }
  for (const activation of activations) {
    for (const inputLayout of ["nchw", "nhwc"] as const) {
      const c = { ...hosts()[1], inputLayout, activation };
      for (const what of ["NaN in the first of x", "Infinity amid x", "-Infinity in the first weight"]) {
        add(what, c, poisons[what]);
      }
      for (const scale of [1e-6, 10, 100, 1000, 1e6]) {
        add(`sums of about ${scale}`, c, ({ x }) => {
          for (let i = 0; i < x.length; i++) x[i] *= scale;
        });
      }
    }
  }
  return checks;
}

/** Small multiples of the smallest number above zero; times whole numbers their sums are exact. */
function makeDenormal({ x, weights }: Operands, dtype: DType): void {
  const smallest = dtype === "float32" ? 2 ** -149 : 2 ** -1074;
  for (let i = 0; i < x.length; i++) x[i] = Math.round(x[i] * 100) * smallest;
  for (let i = 0; i < weights.length; i++) weights[i] = Math.round(weights[i] * 9);
}

function checkOperands(
  engine: Engine,
  what: string,
  c: ConvCase,
  algorithm: Algorithm,
  dtype: DType,
  change: (operands: Operands) => void,
  exactly: boolean,
): void {
  const operands = operandsOf(c, dtype);
  change(operands);
  const expected = expectedOf(c, dtype, operands);
  const { x, weights, bias } = layOperands(c, dtype, operands);
  try {
    using plan = engine.planConv2d(x.shape, weights, optionsOf(c, algorithm, bias));
    const result = plan.run(x);
    checkValues(lay(result.data, dtype, result.shape, c.inputLayout, "nchw", 0).data, expected, exactly);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${what}: ${algorithm} ${dtype}, ${describeCase(c)}: ${message}`, { cause });
  }
}
