// SPDX-License-Identifier: MIT
// Imports in src/ go one way, types included: from each layer to those below it, and never in a circle.
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, it } from "vitest";

/** From the top down. A file or folder of src/ stands in one of them. */
const layers = [
  ["index.ts", "web.ts", "learn/index.ts", "learn/web.ts", "cli", "platform"],
  ["learn", "image"],
  ["api.ts"],
  ["default.ts", "engine.ts", "arithmetic"],
  ["ops"],
  ["core.ts"],
  ["plan"],
  ["operations"],
  ["backend"],
  ["resolve"],
  ["kernels"],
  ["signal"],
  ["spec"],
  ["tensor.ts", "input", "dtype.ts", "errors.ts"],
];

const root = new URL("../src/", import.meta.url).pathname;
const files = (readdirSync(root, { recursive: true }) as string[]).filter((file) =>
  /(?<!\.d)\.ts$/.test(file),
);

const imports = new Map(
  files.map((file) => {
    const specifiers = readFileSync(join(root, file), "utf8").matchAll(/(?:from|import\(?)\s*"(\.[^"]+)"/g);
    return [file, [...specifiers].map(([, path]) => posix.join(posix.dirname(file), path))];
  }),
);

const layerOf = (file: string): number => {
  const exact = layers.findIndex((names) => names.includes(file));
  return exact >= 0 ? exact : layers.findIndex((names) => names.includes(file.split("/")[0]));
};

it("every file stands in a layer, and imports nothing from above it", () => {
  const wrong = files.flatMap((file) =>
    layerOf(file) < 0
      ? [`${file} stands in no layer`]
      : (imports.get(file) ?? [])
          .filter((target) => layerOf(target) < layerOf(file))
          .map((target) => `${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

it("no import leads back to where it began", () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
    if (done.has(file) || path.includes(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});
