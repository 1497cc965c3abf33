// SPDX-License-Identifier: MIT
// A NaN or an infinity in one place goes where the definition of a transposed convolution takes it, and nowhere else:
// no zero that an implementation puts between, around or behind data is ever multiplied by it.
import type { Engine } from "corr2d";
import { expect, it } from "vitest";
import { collectFailures, dtypes } from "../helpers/check.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import {
  eachLoneValue,
  type LayoutCase,
  placesOf,
  scatterCases,
  wholeNumbers,
} from "../helpers/lone-values.ts";
import { lay } from "../helpers/operands.ts";
import type { DType, FloatArray } from "../helpers/oracle.ts";
import { Random } from "../helpers/random.ts";
import { scattered } from "../helpers/scatter-oracle.ts";

const cases = scatterCases(130);

function operandsOf(c: LayoutCase, dtype: DType) {
  const random = new Random(c.seed);
  const taps = c.kernel[0] * c.kernel[1];
  const sourceShape = [c.batch, c.groups * c.groupOut, ...c.sourceSize];
  const weightsShape = [c.groups * c.groupOut, c.groupIn, ...c.kernel];
  const source = wholeNumbers(
    dtype,
    sourceShape.reduce((a, b) => a * b),
    random,
  );
  const weights = wholeNumbers(dtype, c.groups * c.groupOut * c.groupIn * taps, random);
  const bias = c.bias ? wholeNumbers(dtype, c.groups * c.groupIn, random) : undefined;
  const places = [placesOf(source.length, random, 3), placesOf(weights.length, random, 3)] as const;
  return { sourceShape, weightsShape, source, weights, bias, places };
}

type Operands = ReturnType<typeof operandsOf>;

const expected = new Map<string, Float64Array>();

/** The definition's values, worked out once for all implementations. */
function expectedOf(c: LayoutCase, what: string, { source, weights, bias }: Operands): Float64Array {
  const key = `${c.seed} ${what}`;
  let values = expected.get(key);
  if (values === undefined) {
    const plane = c.size[0] * c.size[1];
    const channels = c.groups * c.groupIn;
    const activate = (x: number) => (c.activation.kind === "relu" ? Math.max(x, 0) : x);
    values = scattered(c, source, weights).map((sum, i) =>
      activate(sum + (bias?.[Math.floor(i / plane) % channels] ?? 0)),
    );
    expected.set(key, values);
  }
  return values;
}

function compare(what: string, actual: FloatArray, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    if (actual[i] === values[i] || Object.is(actual[i], values[i])) continue;
    throw new Error(`${what}: [${i}] is ${actual[i]}, not ${values[i]}`);
  }
}

/** Checks a case with each lone value, also as the gradient of a convolution's input where it is one, and async. */
async function check(engine: Engine, c: LayoutCase, dtype: DType): Promise<void> {
  const operands = operandsOf(c, dtype);
  const { source, weights, bias, sourceShape, weightsShape, places } = operands;
  const { strides, padding, dilations, groups, border, inputLayout, activation } = c;
  const outputPadding = [0, 1].map(
    (axis) =>
      c.size[axis] +
      padding[2 * axis] +
      padding[2 * axis + 1] -
      ((c.sourceSize[axis] - 1) * strides[axis] + (c.kernel[axis] - 1) * dilations[axis] + 1),
  ) as [number, number];
  const shared = { strides, padding, dilations, groups, border, inputLayout, accuracy: "exact" } as const;
  const filters = { data: weights, shape: weightsShape };
  const x = () => lay(source, dtype, sourceShape, "nchw", inputLayout, 0);
  const resultSizes = [c.batch, groups * c.groupIn, ...c.size];
  const planar = ({ data, shape }: { data: FloatArray; shape: readonly number[] }) =>
    lay(data, dtype, shape, inputLayout, "nchw", 0).data;
  const plan = () =>
    engine.planConvTranspose2d(x().shape, filters, {
      ...shared,
      outputPadding,
      activation,
      ...(bias && { bias }),
    });
  const inputShape = [...inputLayout].map((axis) => resultSizes["nchw".indexOf(axis)]);
  const isGradient =
    bias === undefined &&
    activation.kind === "none" &&
    outputPadding.every((extra, axis) => extra < strides[axis]);
  const visit = (what: string, prepared: ReturnType<typeof plan>) => {
    const name = `${dtype} ${JSON.stringify(c)} ${what}`;
    const values = expectedOf(c, what, operands);
    compare(name, planar(prepared.run(x())), values);
    if (isGradient)
      compare(
        `${name} conv2dGradInput`,
        planar(engine.conv2dGradInput(inputShape, filters, x(), shared)),
        values,
      );
  };
  {
    using prepared = plan();
    eachLoneValue(source, places[0], (what) => visit(`source ${what}`, prepared));
  }
  eachLoneValue(weights, places[1], (what) => {
    using prepared = plan();
    visit(`weights ${what}`, prepared);
  });
  for (const data of [source, weights]) {
    data[0] = Number.POSITIVE_INFINITY;
    const values = expectedOf(c, `async ${data === source ? "source" : "weights"}`, operands);
    using prepared = plan();
    compare(`async ${dtype} ${JSON.stringify(c)}`, planar(await prepared.runAsync(x())), values);
    data[0] = 1;
  }
}

forEachImplementation({}, (on) => {
  it("leaves 0 where no tap reaches", () => {
    const x = { data: Float32Array.of(Number.POSITIVE_INFINITY), shape: [1, 1, 1] };
    const weights = { data: Float32Array.of(3, 4, 3), shape: [1, 1, 3] };
    const y = on.engine.convTranspose1d(x, weights, { strides: 2, outputPadding: 1 });
    expect([...y.data]).toEqual([Infinity, Infinity, Infinity, 0]);
  });

  it.each(dtypes)("takes a lone value through a transposed convolution, %s", async (dtype) => {
    expect(await collectFailures(cases, (c) => check(on.engine, c, dtype))).toEqual([]);
  });
});
