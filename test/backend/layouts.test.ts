// SPDX-License-Identifier: MIT
// Structs that TypeScript writes into linear memory and AssemblyScript reads have the same fields in the same order.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const source = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The fields that a class of AssemblyScript declares itself. */
function fieldsOfClass(path: string, name: string): string[] {
  const body = source(path).match(
    new RegExp(`export class ${name}(?: extends \\w+)? \\{([\\s\\S]*?)\\n\\}`),
  )?.[1];
  return [...(body ?? "").matchAll(/^ {2}(\w+): (?:i32|f64|usize);/gm)].map(([, field]) => field);
}

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
});
