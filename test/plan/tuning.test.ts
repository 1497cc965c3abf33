// SPDX-License-Identifier: MIT
import { createEngine, type Tensor, type TuningRecord, tuning } from "corr2d";
import { beforeEach, expect, it } from "vitest";

const shape = [1, 16, 20, 20];
const weights = { data: new Float32Array(16 * 16 * 9).fill(1), shape: [16, 16, 3, 3] };

beforeEach(() => tuning.clear());

it.each(["native", "wasm"] as const)("%s: measures once, then remembers", async (backend) => {
  const engine = await createEngine({ backend, threads: 1 });
  const plan = engine.planConv2d(shape, weights, { padding: 1, tune: true });
  expect(plan.explain()).toContain("measured fastest");
  const { version, findings } = tuning.export();
  expect(version).toBe(1);
  expect(Object.keys(findings)).toHaveLength(1);
  const [finding] = Object.values(findings);
  expect(finding.algorithm).toBe(plan.algorithm);
  expect(finding.milliseconds).toBeGreaterThan(0);
  // Also without being asked to.
  expect(engine.planConv2d(shape, weights, { padding: 1 }).explain()).toContain("measured fastest");
  expect(engine.planConv2d(shape, weights, { padding: 1, accuracy: "exact" }).explain()).not.toContain(
    "measured",
  );
  expect(engine.planConv2d(shape, weights, { padding: 0 }).explain()).not.toContain("measured");
});

it("measures each convolution of a gradient of the input", async () => {
  const engine = await createEngine({ backend: "native", threads: 1 });
  engine.planConv2dGradInput(shape, weights, { padding: 1 });
  expect(Object.keys(tuning.export().findings)).toEqual([]);
  const options = { padding: 1, tune: true };
  const plan = engine.planConv2dGradInput(shape, weights, options);
  const gradOutput = new Float32Array(16 * 20 * 20).fill(1);
  const found = Object.values(tuning.export().findings).map(({ algorithm }) => algorithm);
  expect(found).toEqual(plan.algorithms);
  const direct = engine.planConv2dGradInput(shape, weights, { padding: 1, algorithm: "direct" });
  const [tuned, expected] = [plan.run(gradOutput).data, direct.run(gradOutput).data];
  tuned.forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThan(1e-3);
  });
});

it("computes the same as without", async () => {
  const engine = await createEngine({ backend: "native", threads: 1 });
  const x = { data: Float32Array.from({ length: 6400 }, (_, i) => i % 7), shape };
  const run = (options: object): Tensor =>
    engine.conv2d(x, weights, { padding: 1, accuracy: "exact", ...options });
  expect(run({ tune: true }).data).toEqual(run({ algorithm: "direct" }).data);
});

it("never measures winograd where accuracy is exact", async () => {
  const engine = await createEngine({ backend: "native", threads: 1 });
  for (let i = 0; i < 3; i++) {
    tuning.clear();
    const plan = engine.planConv2d(shape, weights, { padding: 1, accuracy: "exact", tune: true });
    expect(plan.algorithm).not.toBe("winograd");
  }
});

it("takes over what another process found, through JSON", async () => {
  const engine = await createEngine({ backend: "native", threads: 1 });
  engine.planConv2d(shape, weights, { padding: 1, tune: true });
  const record = JSON.parse(JSON.stringify(tuning.export())) as TuningRecord;
  const [key] = Object.keys(record.findings);
  tuning.clear();
  expect(engine.planConv2d(shape, weights, { padding: 1 }).explain()).not.toContain("measured");
  tuning.import({ version: 1, findings: { [key]: { algorithm: "im2col", milliseconds: 0.5 } } });
  const plan = engine.planConv2d(shape, weights, { padding: 1 });
  expect(plan.algorithm).toBe("im2col");
  expect(plan.explain()).toContain("measured fastest, 0.5 ms");
});

it("passes over a finding that the backend cannot follow", async () => {
  const engine = await createEngine({ backend: "native", threads: 1 });
  engine.planConv2d(shape, weights, { strides: 2, tune: true });
  const [key] = Object.keys(tuning.export().findings);
  tuning.import({ version: 1, findings: { [key]: { algorithm: "winograd", milliseconds: 1 } } });
  expect(engine.planConv2d(shape, weights, { strides: 2 }).algorithm).not.toBe("winograd");
});

it.each([
  ["nothing", undefined],
  ["another version", { version: 2, findings: {} }],
  ["an unknown algorithm", { version: 1, findings: { a: { algorithm: "magic", milliseconds: 1 } } }],
  ["a finding without its time", { version: 1, findings: { a: { algorithm: "direct" } } }],
  ["findings that are none", { version: 1, findings: 7 }],
  ["an empty finding", { version: 1, findings: { a: null } }],
])("import refuses %s and keeps what there was", (_, record) => {
  tuning.import({ version: 1, findings: { b: { algorithm: "direct", milliseconds: 1 } } });
  expect(() => tuning.import(record as never)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  expect(Object.keys(tuning.export().findings)).toEqual(["b"]);
});

it("refuses a tune that is neither true nor false", async () => {
  const engine = await createEngine({ backend: "native", threads: 1 });
  expect(() => engine.planConv2d(shape, weights, { tune: 1 as never })).toThrow(/tune/);
});
