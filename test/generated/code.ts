// SPDX-License-Identifier: MIT
// A failing call as a program that anyone can run.
import type { Implementation } from "../helpers/check.ts";
import type { Trial } from "./trial.ts";

export function codeOf({ operator, args, how, shape }: Trial, { backend, isa }: Implementation): string {
  const call = `engine.${operator}${how === "async" ? "Async" : ""}(${args.map(literal).join(", ")})`;
  return [
    'import { createEngine } from "corr2d";',
    `const engine = await createEngine(${literal({ backend, isa })});`,
    `console.log(${how === "async" ? `(await ${call})` : call}.data); // shape ${literal(shape)}`,
  ].join("\n");
}

function literal(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (ArrayBuffer.isView(value)) return typedArray(value as Float32Array);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const entries = Object.entries(value).map(([name, item]) => `${name}: ${literal(item)}`);
  return `{ ${entries.join(", ")} }`;
}

/** With the offset of a view, as kernels may depend on where vectors begin. */
function typedArray(view: Float32Array): string {
  const skipped = view.byteOffset / view.BYTES_PER_ELEMENT;
  const elements = [...Array<number>(skipped).fill(0), ...view].map(literal).join(", ");
  return `${view.constructor.name}.of(${elements})${skipped > 0 ? `.subarray(${skipped})` : ""}`;
}
