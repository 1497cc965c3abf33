// SPDX-License-Identifier: MIT
// What of this folder is there: packages of its package.json, and programs built by its scripts. All of it is optional.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const root = dirname(createRequire(import.meta.url).resolve("corr2d/package.json"));
export const peersFolder = join(root, "bench/peers");
const requirePeer = createRequire(join(peersFolder, "package.json"));

export const packages = [
  "onnxruntime-node",
  "onnxruntime-web",
  "@tensorflow/tfjs-core",
  "@tensorflow/tfjs-backend-wasm",
  "@techstark/opencv-js",
] as const;
export type PackageName = (typeof packages)[number];

/** A package as the caller describes it: there are no types of packages that need not be installed. */
export function loadPackage<T>(name: PackageName): T {
  return requirePeer(name) as T;
}

export function hasPackage(name: PackageName): boolean {
  return existsSync(join(root, "bench/peers/node_modules", name));
}

export const programs = ["peak", "onednn"] as const;
export type ProgramName = (typeof programs)[number];

export const programFile = (name: ProgramName): string => join(root, "bench/peers/build", name);

/** One line for each command that would bring what is missing. */
export function missingPeers(): string[] {
  const absent = packages.filter((name) => !hasPackage(name));
  return [
    ...(absent.length === 0
      ? []
      : [`missing   ${absent.join(", ")}: run npm install --prefix bench/peers --ignore-scripts`]),
    ...programs
      .filter((name) => !existsSync(programFile(name)))
      .map((name) => `missing   ${name}: run bench/peers/build-${name}.sh`),
  ];
}
