// SPDX-License-Identifier: MIT
// Which backend serves, who decides, and what is said of those that do not.
import { backends, Corr2dError, corr2d, createEngine } from "corr2d";
import { describe, expect, it } from "vitest";
import { evaluate } from "../helpers/child.ts";
import { expectedNativeIsas, expectedWasmIsas } from "../helpers/implementations.ts";

const nativeIsas = expectedNativeIsas();
const wasmIsas = expectedWasmIsas();

/** Newer versions of Node have no flag for it. */
const withoutWebAssembly = ["--jitless", "--import", "data:text/javascript,delete globalThis.WebAssembly"];

interface Report {
  name: string;
  available: boolean;
  reason?: string;
}

/** In a fresh process: the report on all backends, and what the default engine is. */
const inspect = `
  import { backends, createEngine, corr2d } from "corr2d";
  const { backend, isa, threads } = await createEngine();
  const y = corr2d([[0, 1, 2], [3, 4, 5], [6, 7, 8]], [[0, 1], [2, 3]]).toArray();
  console.log(JSON.stringify({ backend, isa, threads, y, reports: backends() }));
`;

interface Inspected {
  backend: string;
  isa: string;
  threads: number;
  y: number[][];
  reports: Report[];
}

const chapter = [
  [19, 25],
  [37, 43],
];

describe("backends", () => {
  it("lists native, wasm and reference in this order, with all their ISAs", () => {
    expect(backends()).toEqual([
      { name: "native", available: true, isa: nativeIsas[0], isas: nativeIsas, threads: expect.any(Number) },
      {
        name: "wasm",
        available: true,
        isa: wasmIsas[0],
        isas: wasmIsas,
        threads: expect.any(Number),
        reason: wasmIsas.length > 1 ? "this runtime has relaxed SIMD" : "this runtime has no relaxed SIMD",
      },
      { name: "reference", available: true, isa: "javascript", isas: ["javascript"], threads: 1 },
    ]);
  });

  it("says why native is missing under --no-addons, and wasm serves", async () => {
    const { backend, isa, y, reports } = await evaluate<Inspected>(inspect, { args: ["--no-addons"] });
    expect([backend, isa, y]).toEqual(["wasm", wasmIsas[0], chapter]);
    expect(reports[0]).toEqual({
      name: "native",
      available: false,
      reason: expect.stringMatching(/addons/i),
    });
    expect(reports[1].available).toBe(true);
  });

  it("says why wasm is missing too without WebAssembly, and reference serves", async () => {
    const args = ["--no-addons", ...withoutWebAssembly];
    const { backend, isa, y, reports } = await evaluate<Inspected>(inspect, { args });
    expect([backend, isa, y]).toEqual(["reference", "javascript", chapter]);
    expect(reports[1]).toEqual({
      name: "wasm",
      available: false,
      reason: expect.stringMatching(/WebAssembly/),
    });
  });

  it("needs neither with --jitless alone", async () => {
    const { backend, y } = await evaluate<Inspected>(inspect, { args: ["--jitless"] });
    expect([backend, y]).toEqual(["native", chapter]);
  });
});

describe("the environment", () => {
  it.each(["native", "wasm", "reference"])("CORR2D_BACKEND=%s", async (name) => {
    const { backend, y } = await evaluate<Inspected>(inspect, { env: { CORR2D_BACKEND: name } });
    expect([backend, y]).toEqual([name, chapter]);
  });

  it.each(nativeIsas)("CORR2D_ISA=%s", async (name) => {
    const { backend, isa } = await evaluate<Inspected>(inspect, { env: { CORR2D_ISA: name } });
    expect([backend, isa]).toEqual(["native", name]);
  });

  it.each([...wasmIsas.map((isa) => [isa, "wasm"]), ["javascript", "reference"]])(
    "CORR2D_ISA=%s leads to its backend, %s",
    async (name, expected) => {
      const { backend, isa } = await evaluate<Inspected>(inspect, { env: { CORR2D_ISA: name } });
      expect([backend, isa]).toEqual([expected, name]);
    },
  );

  it.each([1, 2, 3])("CORR2D_THREADS=%i", async (count) => {
    const { threads } = await evaluate<Inspected>(inspect, { env: { CORR2D_THREADS: `${count}` } });
    expect(threads).toBe(count);
  });

  it("gives way to options", async () => {
    const code = `
      import { createEngine } from "corr2d";
      const { backend, threads } = await createEngine({ backend: "wasm", threads: 1 });
      console.log(JSON.stringify([backend, threads]));
    `;
    const env = { CORR2D_BACKEND: "native", CORR2D_THREADS: "2" };
    expect(await evaluate(code, { env })).toEqual(["wasm", 1]);
  });

  it.each([
    [{ CORR2D_BACKEND: "cuda" }, "INVALID_ARGUMENT", "CORR2D_BACKEND"],
    [{ CORR2D_THREADS: "many" }, "INVALID_ARGUMENT", "CORR2D_THREADS"],
    [{ CORR2D_THREADS: "0" }, "INVALID_ARGUMENT", "CORR2D_THREADS"],
    [{ CORR2D_ISA: "mmx" }, "BACKEND_UNAVAILABLE", "mmx"],
    [{ CORR2D_BACKEND: "wasm", CORR2D_ISA: "avx2" }, "BACKEND_UNAVAILABLE", "avx2"],
  ] as [Record<string, string>, string, string][])("%j is refused in words", async (env, code, names) => {
    const module = `
      import { corr2d } from "corr2d";
      try { corr2d([[1]], [[1]]); } catch ({ name, code, message }) { console.log(JSON.stringify({ name, code, message })); }
    `;
    const error = await evaluate<{ name: string; code: string; message: string }>(module, { env });
    expect(error).toMatchObject({ name: "Corr2dError", code });
    expect(error.message).toContain(names);
  });
});

describe("a backend or ISA asked for by name", () => {
  const attempt = (options: object) => `
    import { createEngine } from "corr2d";
    try {
      await createEngine(${JSON.stringify(options)});
      console.log(JSON.stringify("it was there"));
    } catch (error) {
      console.log(JSON.stringify({ code: error.code, message: error.message, cause: error.cause !== undefined }));
    }
  `;

  it.each([
    ["native", ["--no-addons"]],
    ["wasm", withoutWebAssembly],
  ])("%s that is missing rejects, with its cause", async (backend, args) => {
    expect(await evaluate(attempt({ backend }), { args })).toEqual({
      code: "BACKEND_UNAVAILABLE",
      message: expect.stringContaining(backend),
      cause: true,
    });
  });

  it.each([
    { isa: "mmx" },
    { backend: "native", isa: "simd128" },
    { backend: "native", isa: "relaxed-simd" },
    ...(wasmIsas.includes("relaxed-simd") ? [] : [{ backend: "wasm", isa: "relaxed-simd" } as const]),
    { backend: "wasm", isa: "sse2" },
    { backend: "reference", isa: "avx2" },
  ] as const)("%j rejects", async (options) => {
    await expect(createEngine(options)).rejects.toMatchObject({
      name: "Corr2dError",
      code: "BACKEND_UNAVAILABLE",
      message: expect.stringContaining(options.isa),
    });
  });

  it.each(["native", "wasm", "reference"] as const)("%s serves even the smallest call", async (backend) => {
    const engine = await createEngine({ backend });
    const plan = engine.planConv2d([1, 1, 1, 1], { data: Float32Array.of(2), shape: [1, 1, 1, 1] });
    expect(plan.backend).toBe(backend);
    expect([...plan.run(Float32Array.of(3)).data]).toEqual([6]);
    engine.dispose();
  });
});

describe("dispose of an engine", () => {
  it.each(["native", "wasm", "reference"] as const)(
    "%s: later calls throw DISPOSED, others go on",
    async (backend) => {
      const [gone, stays] = await Promise.all([createEngine({ backend }), createEngine({ backend })]);
      gone.dispose();
      gone.dispose();
      const disposed = expect.objectContaining({ name: "Corr2dError", code: "DISPOSED" });
      expect(() => gone.corr2d([[1]], [[1]])).toThrow(disposed);
      expect(() => gone.planConv2d([1, 1, 1, 1], [[[[1]]]])).toThrow(disposed);
      await expect(gone.corr2dAsync([[1]], [[1]])).rejects.toEqual(disposed);
      expect(stays.corr2d([[2]], [[3]]).toArray()).toEqual([[6]]);
      expect(corr2d([[2]], [[3]]).toArray()).toEqual([[6]]);
      stays.dispose();
    },
  );
});

it("dispose of an engine that was not named: the smallest calls throw DISPOSED too, and so do its plans", async () => {
  const engine = await createEngine();
  const plan = engine.planConv2d([1, 1, 3, 3], [[[[1]]]]);
  const layer = engine.planConv2d([1, 16, 32, 32], {
    data: new Float32Array(16 * 16 * 9),
    shape: [16, 16, 3, 3],
  });
  engine.dispose();
  const disposed = expect.objectContaining({ code: "DISPOSED" });
  expect(() => engine.corr2d([[1]], [[1]])).toThrow(disposed);
  expect(() => plan.run(new Float32Array(9))).toThrow(disposed);
  expect(() => layer.run(new Float32Array(16 * 32 * 32))).toThrow(disposed);
});

it("the smallest asynchronous calls start no worker", async () => {
  const engine = await createEngine();
  const start = performance.now();
  expect((await engine.corr2dAsync([[2, 1]], [[3, 4]])).toArray()).toEqual([[10]]);
  // A worker takes some 30 ms to start.
  expect(performance.now() - start).toBeLessThan(20);
  engine.dispose();
});

it("a Corr2dError is an Error with a code", () => {
  const error = new Corr2dError("DISPOSED", "gone", { cause: 1 });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: "Corr2dError", code: "DISPOSED", message: "gone", cause: 1 });
});
