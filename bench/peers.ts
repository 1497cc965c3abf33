// SPDX-License-Identifier: MIT
import { existsSync } from "node:fs";
import { backends } from "corr2d";
import { convCase, type Given, preparedRun } from "./contenders.ts";
import type { Contender, Setting, Suite } from "./harness/suite.ts";
import { hasPackage, missingPeers, type PackageName, programFile } from "./peers/installed.ts";
import { onednn } from "./peers/onednn.ts";
import { onnxruntime } from "./peers/onnxruntime.ts";
import { opencv } from "./peers/opencv.ts";
import { measurePeaks } from "./peers/peak.ts";
import { tfjs } from "./peers/tfjs.ts";
import { filters, type Layer, layers, type Problem } from "./problems.ts";

type Contestant<P extends Problem = Layer> = (given: Given<P>) => Contender;

export const peers: Suite = {
  about:
    "other libraries on the same problems; plain NCHW in and out (tfjs-wasm NHWC, oneDNN blocked its own), weights prepared",
  unit: "ms",
  ratioTo: ["corr2d", "corr2d exact", "corr2d wasm"],
  // Libraries differ in what other work on the machine does to their threads: that is not what is asked here.
  basis: "minSeconds",
  threads: 1,
  isolated: true,
  notes: ({ threads }) => [
    ...missingPeers(),
    ...(threads > 1 ? ["threads   tfjs-wasm and opencv-js have one thread"] : []),
  ],
  peaks: ({ threads }) => measurePeaks(threads),
  cases: (setting) => [
    ...layers.map((problem) => ({
      ...convCase(problem, [...own(setting), ...libraries(setting)]),
      group: problem.options.groups === 1 ? "dense" : "depthwise",
    })),
    ...filters.filter(isSmall).map((problem) => ({
      ...convCase(problem, [...own(setting), ...packaged("@techstark/opencv-js", opencv)]),
      group: "filters",
    })),
  ],
};

/** corr2d on each backend that libraries stand beside, native with the algorithm it chooses and without winograd. */
function own({ threads, isa, isaNamed }: Setting): Contestant<Problem>[] {
  return backends().flatMap((report) => {
    if (!report.available || report.name === "reference") return [];
    const choice = { backend: report.name, isa: report.isa, threads: Math.min(threads, report.threads) };
    if (report.name === "wasm") return [preparedRun("corr2d wasm", choice)];
    const native = isaNamed ? { ...choice, isa } : choice;
    return [preparedRun("corr2d", native), preparedRun("corr2d exact", native, { accuracy: "exact" })];
  });
}

function libraries({ threads }: Setting): Contestant[] {
  const hasTfjs = hasPackage("@tensorflow/tfjs-core");
  return [
    ...packaged("onnxruntime-node", onnxruntime("onnxruntime-node", threads)),
    ...(existsSync(programFile("onednn")) ? [onednn("nchw", threads), onednn("blocked", threads)] : []),
    ...packaged("onnxruntime-web", onnxruntime("onnxruntime-web", threads)),
    ...(hasTfjs
      ? [false, true].flatMap((copied) => packaged("@tensorflow/tfjs-backend-wasm", tfjs(copied)))
      : []),
  ];
}

function packaged<T>(name: PackageName, contestant: T): T[] {
  return hasPackage(name) ? [contestant] : [];
}

/** Larger images say more about memory than about a library. */
function isSmall({ inputShape: [, , height, width] }: Problem): boolean {
  return height * width <= 2 ** 20;
}
