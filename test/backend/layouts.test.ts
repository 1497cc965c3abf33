// SPDX-License-Identifier: MIT
// TypeScript writes into linear memory what AssemblyScript reads: structs have the same fields in the same order, and
// codes and constants that both sides have are the same.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { activationCode } from "../../dist/backend/wasm/plan.js";
import { borders } from "../../dist/spec/border.js";
import { algorithms } from "../../dist/spec/convolution.js";

const source = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** [name, type] of the fields that a class of AssemblyScript declares itself. */
function declarations(path: string, name: string): [string, string][] {
  const body = source(path).match(
    new RegExp(`export class ${name}(?: extends \\w+)? \\{([\\s\\S]*?)\\n\\}`),
  )?.[1];
  const fields = (body ?? "").matchAll(/^ {2}(\w+): (i32|f64|usize);/gm);
  return [...fields].map(([, field, type]) => [field, type]);
}

const fieldsOfClass = (path: string, name: string) => declarations(path, name).map(([field]) => field);
const bytesOfClass = (path: string, name: string) =>
  declarations(path, name).reduce((sum, [, type]) => sum + (type === "f64" ? 8 : 4), 0);

/** The keys of the first object literal that is called `fields` behind `after`. */
function fieldsWritten(path: string, after = ""): string[] {
  const text = source(path);
  const body = text.slice(text.indexOf(after)).match(/const fields = \{([\s\S]*?)\n {2}\};/)?.[1];
  return [...(body ?? "").matchAll(/^ {4}(\w+)[:,]/gm)].map(([, field]) => field);
}

/** The names of addresses that follow the fields of a convolution's plan. */
function addressesWritten(path: string): string[] {
  const list = source(path).match(/addresses: \[([^\]]*)\]/)?.[1];
  return [...(list ?? "").matchAll(/"(\w+)"/g)].map(([, name]) => name);
}

const limits = ["low", "high", "alpha"];

describe("structs in linear memory", () => {
  const wasm = "src/backend/wasm";
  it.each([
    [
      "Plan",
      "assembly/convolution/plan.ts",
      [...limits, ...fieldsWritten(`${wasm}/conv-plan.ts`), ...addressesWritten(`${wasm}/conv-plan.ts`)],
    ],
    [
      "IntegerPlan",
      "assembly/integers/plan.ts",
      [
        ...limits,
        ...fieldsWritten(`${wasm}/integer-plan.ts`),
        ...addressesWritten(`${wasm}/integer-plan.ts`),
      ],
    ],
    [
      "GradWeightsPlan",
      "assembly/gradients/plan.ts",
      [
        ...fieldsWritten(`${wasm}/grad-weights-plan.ts`, "writeGradWeightsPlan"),
        ...fieldsWritten(`${wasm}/grad-weights-plan.ts`, "writeBand"),
      ],
    ],
    ["Pool", "assembly/windows/pool.ts", [...fieldsWritten(`${wasm}/pool.ts`), "row"]],
    ["Patches", "assembly/windows/patches.ts", ["value", ...fieldsWritten(`${wasm}/patches.ts`)]],
  ])("%s", (name, path, written) => {
    expect(written.length).toBeGreaterThan(6);
    expect(written).toEqual(fieldsOfClass(path, name));
  });

  it("begin alike where kernels of integers and of floats share code", () => {
    const integers = fieldsOfClass("assembly/integers/plan.ts", "IntegerPlan");
    const shared = integers.slice(0, integers.indexOf("elementBytes") + 1);
    expect(shared).toHaveLength(5);
    expect(fieldsOfClass("assembly/convolution/plan.ts", "Plan").slice(0, 5)).toEqual(shared);
  });
});

/** The codes that a namespace of AssemblyScript lists, by name. */
function codesOf(path: string, name: string): Record<string, number> {
  const body = source(path).match(new RegExp(`export namespace ${name} \\{([\\s\\S]*?)\\n\\}`))?.[1];
  const codes = (body ?? "").matchAll(/export const (\w+) = (\d+);/g);
  return Object.fromEntries([...codes].map(([, key, code]) => [key, Number(code)]));
}

const upper = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
const numbered = (names: readonly string[]) =>
  Object.fromEntries(names.map((name, code) => [upper(name), code]));

describe("codes in linear memory", () => {
  it("name the same algorithms and borders", () => {
    expect(codesOf("assembly/convolution/plan.ts", "Algorithm")).toEqual(numbered(algorithms));
    expect(codesOf("assembly/border.ts", "Border")).toEqual(numbered(borders));
  });

  it("name the same activations, where a clamp stands for none and relu", () => {
    const codes = codesOf("assembly/convolution/plan.ts", "Activation");
    const written = [
      { kind: "clamp", min: 0, max: 1 },
      { kind: "leakyRelu", alpha: 0.1 },
      { kind: "sigmoid" },
      { kind: "tanh" },
    ] as const;
    expect(codes).toEqual(Object.fromEntries(written.map((one) => [upper(one.kind), activationCode(one)])));
    expect(activationCode({ kind: "none" })).toBe(codes.CLAMP);
    expect(activationCode({ kind: "relu" })).toBe(codes.CLAMP);
  });
});

/** A constant that a source defines as a product or sum of integers. */
function constant(path: string, name: string): number {
  const text = source(path).match(new RegExp(`(?:const|let) ${name}(?:: \\w+)? = ([\\d\\s+*()]+);`))?.[1];
  if (text === undefined) throw new Error(`${path} has no constant ${name}`);
  return Number(new Function(`return ${text}`)());
}

describe("constants of both sides", () => {
  const wasm = "src/backend/wasm";
  const product = (path: string, ...names: string[]) =>
    names.reduce((all, name) => all * constant(path, name), 1);

  it.each([
    ["frameBytes", `${wasm}/plan.ts`, "assembly/convolution/plan.ts"],
    ["scratchBytes", `${wasm}/plan.ts`, "assembly/convolution/plan.ts"],
    ["panelSlack", `${wasm}/grad-weights-plan.ts`, "assembly/gradients/pack.ts"],
    ["mostPlaces", `${wasm}/pool.ts`, "assembly/windows/pool-grad.ts"],
    ["fieldBytes", `${wasm}/pool.ts`, "assembly/windows/pool.ts"],
    ["staticEnd", `${wasm}/modules.ts`, "scripts/build-wasm.mjs"],
  ])("%s", (name, here, there) => {
    expect(constant(here, name)).toBe(constant(there, name));
  });

  it("that are products: panels of im2col, and zeros around a row of depthwise", () => {
    const panels = product("assembly/algorithms/im2col.ts", "panelWidth", "mostPanels");
    expect(constant(`${wasm}/conv-plan.ts`, "panelBytesOfProduct")).toBe(panels);
    const edges = 2 * constant("assembly/convolution/convolve.ts", "edgeBytes");
    expect(constant(`${wasm}/conv-plan.ts`, "zeroRowBytes")).toBe(edges);
  });

  it("that leave room for what the other side puts there", () => {
    const transform = constant("assembly/winograd/weights.ts", "transformBytes");
    expect(constant(`${wasm}/conv.ts`, "packScratchBytes")).toBeGreaterThanOrEqual(transform);
    const lines = 6 * constant("assembly/winograd/inputs.ts", "rowStep");
    expect(constant(`${wasm}/winograd.ts`, "scratchBytes")).toBeGreaterThanOrEqual(lines);
    const structs = [
      ["Frame", "assembly/convolution/plan.ts", "frameBytes", `${wasm}/plan.ts`],
      ["Pool", "assembly/windows/pool.ts", "fieldBytes", `${wasm}/pool.ts`],
      ["Patches", "assembly/windows/patches.ts", "fieldBytes", `${wasm}/patches.ts`],
    ] as const;
    for (const [name, path, room, roomPath] of structs) {
      const bytes = bytesOfClass(path, name);
      expect(bytes).toBeGreaterThan(0);
      expect(constant(roomPath, room)).toBeGreaterThanOrEqual(bytes);
    }
  });
});
