// SPDX-License-Identifier: MIT
// What varies from call to call, read off the call itself, and which pairs of it never met.
import type { Trial } from "./trial.ts";

/** Few values for each aspect: sizes count as 1, 2, 3 or more. */
function aspectsOf({ args, shape, operator }: Trial): Record<string, string> {
  const options = args.at(-1) as Record<string, unknown>;
  const size = (value: unknown) => String(Math.min(Number(value), 3));
  const aspects: Record<string, string> = {};
  for (const name of ["border", "inputLayout", "filterLayout", "outputShapeRounding", "countIncludePad"]) {
    if (name in options) aspects[name] = String(options[name]);
  }
  for (const name of ["strides", "dilations", "windowDimensions"]) {
    if (name in options) {
      [options[name]].flat().forEach((value, axis) => {
        aspects[`${name}[${axis}]`] = size(value);
      });
    }
  }
  const padding = options.mode ?? options.padding;
  if (padding !== undefined) {
    const isNone = padding === "valid" || [padding].flat().every((side) => side === 0);
    aspects.padding = isNone ? "none" : typeof padding === "string" ? padding : "some";
  }
  if ("groups" in options) aspects.groups = size(options.groups);
  if ("bias" in options || "activation" in options) aspects.epilogue = "some";
  const tensors = args.map((arg) => (arg as { data?: unknown } | null)?.data).filter(ArrayBuffer.isView);
  aspects.elements = tensors[0].constructor.name;
  // Of weights; and a pad of one pixel has no padding.
  if (operator !== "conv2dGradWeights" && operator !== "pad") {
    const layout = options.inputLayout === "nhwc" ? "nhwc" : "nchw";
    if (shape.length === 4) aspects.outWidth = size(shape[layout.indexOf("w")]);
    if (shape.length === 4) aspects.outHeight = size(shape[layout.indexOf("h")]);
  }
  return aspects;
}

/** Collects pairs of aspects. Values that occur at all must meet each value of the others. */
export function pairCounter() {
  const values = new Map<string, Set<string>>();
  const pairs = new Set<string>();
  return {
    see(trial: Trial): void {
      const aspects = Object.entries(aspectsOf(trial));
      for (const [name, value] of aspects) {
        values.set(name, (values.get(name) ?? new Set()).add(value));
        for (const [other, met] of aspects) pairs.add(`${name}=${value} ${other}=${met}`);
      }
    },
    missing(): string[] {
      const all = [...values].flatMap(([name, set]) => [...set].map((value) => [name, value]));
      return all.flatMap(([name, value]) =>
        all
          .filter(([other, met]) => name < other && !pairs.has(`${name}=${value} ${other}=${met}`))
          .map(([other, met]) => `${name}=${value} ${other}=${met}`),
      );
    },
  };
}
