// SPDX-License-Identifier: MIT
import { type ConvSpec, multiplyAdds } from "../../spec/convolution.ts";
import type { GradWeightsTask } from "../../spec/task.ts";
import type { Band } from "./bands.ts";
import { tensorsOf } from "./conv.ts";
import {
  cutGradient,
  type GradWeightsPlan,
  planBytes,
  planGradWeights,
  writeBand,
  writeGradWeightsPlan,
} from "./grad-weights-plan.ts";
import { slackBytes } from "./plan.ts";
import { forEachPiece } from "./planes.ts";
import { type Leg, type LegJob, nowhere, type WasmProgram } from "./program.ts";
import { threadsFor } from "./tasks.ts";

/** Lays out a gradient of weights, summed up band by band. */
export function gradWeightsProgram({ spec }: GradWeightsTask, wholeRows = false): WasmProgram {
  const plan = planGradWeights(spec, wholeRows);
  const { bands, input, output } = plan.conv;
  const length = spec.outChannels * (spec.inChannels / spec.groups) * spec.kernelHeight * spec.kernelWidth;
  const share = (band: Band, images: number, threads: number) => {
    const products =
      multiplyAdds(spec) *
      (images / spec.batch) *
      ((band.to - band.from) / spec.outHeight) *
      ((band.end - band.first) / spec.outChannels);
    return cutGradient(spec, band, products, threads);
  };
  return {
    kernel: "gradients.run",
    headBytes: planBytes(plan),
    writeHead: ({ memory }, at) => writeGradWeightsPlan(plan, at, memory),
    workspaceBytes: plan.workspaceBytes,
    inputBytes: [bands.images * input.batch + slackBytes, bands.images * output.batch + slackBytes],
    outputBytes: length * (spec.dtype === "float32" ? 4 : 8) + slackBytes,
    staysInPlace: true,
    ...(bands.partOfRows && { inPlace: () => gradWeightsProgram({ kind: "gradWeights", spec }, true) }),
    isShared: () => share(bands.list[0], bands.images, 2).length > 1,
    threadsFor: (work) => threadsFor(spec, bands, work),
    legs: (_, threads) => legsOf(spec, plan, (band, images) => share(band, images, threads)),
    unloadLast: (visit) => visit(0, 0, length),
  };
}

function* legsOf(
  spec: ConvSpec,
  plan: GradWeightsPlan,
  share: (band: Band, images: number) => ReturnType<typeof cutGradient>,
): Generator<Leg> {
  const { bands, input, output } = plan.conv;
  const channelsLast = spec.inputLayout === "nhwc";
  const { from, to, inImage, outImage } = tensorsOf(spec, plan.conv);
  for (let image = 0; image < spec.batch; image += bands.images) {
    const images = Math.min(bands.images, spec.batch - image);
    for (const band of bands.list) {
      // Bands of different channels write different parts of the gradient, so nothing is added up between them.
      const accumulate = image > 0 || band.from > 0;
      const jobs = share(band, images);
      yield {
        inputs: [
          {
            inBuffer: -(band.inFrom * input.row + band.inFirst * input.channel),
            inTensor: image * inImage,
          },
          {
            inBuffer: -(band.from * output.row + band.first * output.channel),
            inTensor: image * outImage,
          },
        ],
        output: nowhere,
        begin: ({ memory }, head) =>
          writeBand(plan, head, { from: band.from, to: band.to, accumulate }, memory),
        load: (operand, visit) => {
          const [planes, row, end] =
            operand === 0 ? [from, band.inFrom, band.inTo] : [to, band.from, band.to];
          const [first, last] = channelsLast
            ? [0, 1]
            : operand === 0
              ? [band.inFirst, band.inEnd]
              : [band.first, band.end];
          forEachPiece(
            planes,
            image,
            row,
            first,
            { image: 0, images, from: row, to: end, first, end: last },
            visit,
          );
        },
        jobs: jobs.map(
          (task): LegJob => ({
            inputShift: 0,
            outputShift: 0,
            numbers: [images, task.from, task.to, task.first, task.end],
          }),
        ),
      };
    }
  }
}
