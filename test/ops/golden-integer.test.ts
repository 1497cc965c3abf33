// SPDX-License-Identifier: MIT
// What PyTorch, NumPy and ONNX answer for integers (scripts/fixtures.py), against the default engine and every backend.
import { createEngine, type Engine, type IntegerConv2dOptions } from "corr2d";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StoredTensor, storedCases } from "../helpers/fixtures.ts";
import { integerImplementations } from "../helpers/implementations.ts";

interface Fixture {
  readonly x: StoredTensor;
  readonly weights: StoredTensor;
  readonly options: IntegerConv2dOptions;
  readonly y: StoredTensor;
}

const files = ["integer", "onnx"].map((name) => ({ name, cases: storedCases<Fixture>(name) }));
const engines = [{ backend: "default", isa: "any" }, ...integerImplementations()];

describe.each(engines.map(({ backend, isa }) => [backend, isa]))("%s %s", (backend, isa) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine(backend === "default" ? {} : ({ backend, isa } as object));
  });
  afterAll(() => engine?.dispose());

  it.each(files)("answers as $name.jsonl", ({ cases }) => {
    expect(cases.length).toBeGreaterThan(0);
    for (const { x, weights, options, y } of cases) {
      const Input = options.inputDtype === "uint8" ? Uint8Array : Int8Array;
      const input = { data: Input.from(x.data), shape: x.shape };
      const result = engine.conv2d(
        input,
        { data: Int8Array.from(weights.data), shape: weights.shape },
        options,
      );
      expect(result.shape).toEqual(y.shape);
      expect([...result.data], JSON.stringify(options)).toEqual(y.data);
    }
  });
});
