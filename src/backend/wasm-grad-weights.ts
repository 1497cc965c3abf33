// SPDX-License-Identifier: MIT
import { bytesOf, type FloatArray } from "../dtype.ts";
import { type ConvSpec, multiplyAdds } from "../spec.ts";
import type { Band } from "./wasm-bands.ts";
import {
  cutGradient,
  type GradWeightsPlan,
  planBytes,
  planGradWeights,
  writeBand,
  writeGradWeightsPlan,
} from "./wasm-grad-weights-plan.ts";
import type { Job } from "./wasm-helper.ts";
import type { Instance } from "./wasm-instance.ts";
import { aligned, following } from "./wasm-memory.ts";
import { wasmModules } from "./wasm-modules.ts";
import { slackBytes } from "./wasm-plan.ts";
import { forEachPiece, type Planes, part } from "./wasm-run.ts";

/** Sums up gradients of one spec, of an input and a gradient of the output. Returns how much memory that took. */
export function gradWeightsRunner(
  spec: ConvSpec,
): (on: Instance, inputs: readonly FloatArray[], gradWeights: FloatArray) => number {
  let plan: GradWeightsPlan | undefined;
  // For tensors that lie in memory as a whole.
  let wholePlan: GradWeightsPlan | undefined;
  return (on, inputs, gradWeights) => {
    plan ??= planGradWeights(spec);
    let used = plan;
    if (plan.conv.bands.partOfRows && inputs.some(({ buffer }) => buffer === on.memory.memory.buffer)) {
      wholePlan ??= planGradWeights(spec, true);
      used = wholePlan;
    }
    const [input, gradOutput] = inputs;
    return gradWeightsOn(on, used, spec, { input, gradOutput, gradWeights });
  };
}

/** The three tensors of a gradient of weights. */
interface GradientOperands {
  readonly input: FloatArray;
  readonly gradOutput: FloatArray;
  readonly gradWeights: FloatArray;
}

/**
 * Sums up the gradient band by band. Tensors that lie in linear memory stay where they are; bands are then made of whole
 * rows. Returns how much memory that took.
 */
function gradWeightsOn(
  { memory, exports, team }: Instance,
  plan: GradWeightsPlan,
  spec: ConvSpec,
  operands: GradientOperands,
): number {
  const { bands, input: inStep, output: outStep } = plan.conv;
  const { run } = exports("gradients");
  const share = (band: Band, images: number, threads: number) => {
    const products =
      multiplyAdds(spec) *
      (images / spec.batch) *
      ((band.to - band.from) / spec.outHeight) *
      ((band.end - band.first) / spec.outChannels);
    return cutGradient(spec, band, products, threads);
  };
  const shared = team !== undefined && share(bands.list[0], bands.images, 2).length > 1;
  const helpers = shared ? team.muster("gradients") : 0;
  // Before memory grows, which may empty the arrays.
  const isHere = ({ buffer }: FloatArray) => buffer === memory.memory.buffer;
  const { input, gradOutput, gradWeights } = operands;
  const place = (array: FloatArray, bytes: number) =>
    isHere(array) ? { here: array.byteOffset, bytes: 0 } : { here: undefined, bytes: aligned(bytes) };
  const x = place(input, bands.images * inStep.batch + slackBytes);
  const g = place(gradOutput, bands.images * outStep.batch + slackBytes);
  const result = place(gradWeights, gradWeights.byteLength + slackBytes);
  const target = following(memory, gradWeights);
  const head = aligned(planBytes(plan));
  const workspace = aligned(plan.workspaceBytes);
  const bytes = head + x.bytes + g.bytes + result.bytes + (helpers + 1) * workspace;
  const moduleAt = wasmModules.indexOf("gradients");
  const at = memory.allocate(bytes);
  const [inAt, outAt, resultAt] = [at + head, at + head + x.bytes, at + head + x.bytes + g.bytes];
  const workspaces = Array.from({ length: helpers + 1 }, (_, i) => resultAt + result.bytes + i * workspace);
  const to = result.here ?? resultAt;
  try {
    const elements = memory[spec.dtype as "float32" | "float64"];
    const e = bytesOf(spec.dtype);
    const channelsLast = spec.inputLayout === "nhwc";
    const planes = (
      channels: number,
      held: number,
      rows: number,
      rowBytes: number,
      address: number,
      bufferRows: number,
    ): Planes => ({
      count: channelsLast ? 1 : channels,
      held: channelsLast ? 1 : held,
      rows,
      rowLength: rowBytes / e,
      buffer: address / e,
      bufferRows,
    });
    const inPlanes = planes(spec.inChannels, bands.inChannels, spec.inHeight, inStep.row, inAt, bands.inRows);
    const outPlanes = planes(
      spec.outChannels,
      bands.outChannels,
      spec.outHeight,
      outStep.row,
      outAt,
      bands.outRows,
    );
    const inImage = spec.inChannels * spec.inHeight * spec.inWidth * e;
    const outImage = spec.outChannels * spec.outHeight * spec.outWidth * e;
    writeGradWeightsPlan(plan, at, to, memory);
    for (let image = 0; image < spec.batch; image += bands.images) {
      const images = Math.min(bands.images, spec.batch - image);
      for (const band of bands.list) {
        const fill = (
          array: FloatArray,
          where: Planes,
          from: number,
          end: number,
          first: number,
          last: number,
        ) => {
          const all = channelsLast ? { first: 0, end: 1 } : { first, end: last };
          const task = { image: 0, images, from, to: end, ...all };
          forEachPiece(where, image, from, all.first, task, (inMemory, inTensor, length) =>
            elements.set(part(array, inTensor, length) as FloatArray, inMemory),
          );
        };
        if (x.here === undefined) fill(input, inPlanes, band.inFrom, band.inTo, band.inFirst, band.inEnd);
        if (g.here === undefined) fill(gradOutput, outPlanes, band.from, band.to, band.first, band.end);
        // Where the first row of the first channel would lie.
        const inOrigin =
          x.here === undefined
            ? inAt - band.inFrom * inStep.row - band.inFirst * inStep.channel
            : x.here + image * inImage;
        const outOrigin =
          g.here === undefined
            ? outAt - band.from * outStep.row - band.first * outStep.channel
            : g.here + image * outImage;
        // Bands of some channels have a part of the gradient of their own.
        const accumulate = image > 0 || band.from > 0;
        writeBand(plan, at, { from: band.from, to: band.to, accumulate }, memory);
        const jobs = share(band, images, helpers + 1).map(
          (task): Job => [
            moduleAt,
            at,
            inOrigin,
            outOrigin,
            images,
            task.from,
            task.to,
            task.first,
            task.end,
          ],
        );
        const own = ([, plan, inputAt, outputAt, ...parts]: Job) =>
          run(plan, inputAt, outputAt, workspaces[0], ...parts);
        if (jobs.length > 1 && team !== undefined) team.run(jobs, workspaces, own, () => {});
        else for (const job of jobs) own(job);
      }
    }
    if (result.here === undefined) {
      target().set(elements.subarray(to / e, to / e + gradWeights.length));
    }
  } finally {
    memory.free(at, bytes);
  }
  return bytes;
}
