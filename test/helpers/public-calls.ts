// SPDX-License-Identifier: MIT
// One valid call of every public function, its arguments by name: what is done to each of them is done to all.
import * as corr2d from "corr2d";
import * as learn from "corr2d/learn";
import type { Arguments } from "./arguments.ts";
import { kernels } from "./kernel-arguments.ts";
import { learning } from "./learn-arguments.ts";
import { outputShapes, single, twins } from "./operator-arguments.ts";

export interface PublicCall {
  readonly call: (...values: never[]) => unknown;
  readonly values: Arguments;
}

/** Functions of every entry that are tested elsewhere: errors and tensors check nothing, a layer is the base of others. */
const others = new Set(["Corr2dError", "Tensor", "Layer"]);

const isClass = (value: unknown): boolean => /^class\b/.test(Function.prototype.toString.call(value));

function* callsOf(
  exported: object,
  known: Record<string, Arguments>,
  prefix: string,
): Generator<[string, PublicCall]> {
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value !== "function" || others.has(name)) continue;
    const values = known[name];
    if (values === undefined)
      throw new Error(`${prefix}${name} is public, but no call of it is in test/helpers/*-arguments.ts`);
    const call = isClass(value) ? (...given: never[]) => Reflect.construct(value, given) : value;
    yield [`${prefix}${name}`, { call: call as PublicCall["call"], values }];
  }
}

const withTwins = Object.entries(twins).flatMap(([name, values]) => [
  [name, values],
  [`${name}Async`, values],
]);

/** Every function that the entries export, and, as an engine's, once more. */
export async function publicCalls(): Promise<Map<string, PublicCall>> {
  const engine = await corr2d.createEngine({ backend: "reference", threads: 1 });
  const operators: Record<string, Arguments> = { ...Object.fromEntries(withTwins), ...single };
  const ofEngine = {
    ...operators,
    alloc: [
      ["shape", [2]],
      ["dtype", "float32"],
    ] as Arguments,
  };
  const { dispose: _dispose, ...methods } = engine;
  return new Map([
    ...callsOf(corr2d, operators, ""),
    ...callsOf(methods, ofEngine, "engine."),
    ...callsOf(corr2d.kernels, kernels, "kernels."),
    ...callsOf(corr2d.outputShape, outputShapes, "outputShape."),
    ...callsOf(learn, learning, "learn."),
  ]);
}
