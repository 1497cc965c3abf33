// SPDX-License-Identifier: MIT
// What PyTorch, NumPy and ONNX answer for integers (scripts/fixtures.py), against the default engine and every backend.
import type { IntegerConv2dOptions } from "corr2d";
import { expect, it } from "vitest";
import { type StoredTensor, storedCases } from "../helpers/fixtures.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";

interface Fixture {
  readonly x: StoredTensor;
  readonly weights: StoredTensor;
  readonly options: IntegerConv2dOptions;
  readonly y: StoredTensor;
}

const files = ["integer", "onnx"].map((name) => ({ name, cases: storedCases<Fixture>(name) }));
forEachImplementation({ withDefault: true, integers: true }, (on) => {
  it.each(files)("answers as $name.jsonl", ({ cases }) => {
    expect(cases.length).toBeGreaterThan(0);
    for (const { x, weights, options, y } of cases) {
      const Input = options.inputDtype === "uint8" ? Uint8Array : Int8Array;
      const input = { data: Input.from(x.data), shape: x.shape };
      const result = on.engine.conv2d(
        input,
        { data: Int8Array.from(weights.data), shape: weights.shape },
        options,
      );
      expect(result.shape).toEqual(y.shape);
      expect([...result.data], JSON.stringify(options)).toEqual(y.data);
    }
  });
});
