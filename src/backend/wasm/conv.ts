// SPDX-License-Identifier: MIT
import { bytesOf, isInteger, type TypedArray } from "../../dtype.ts";
import type { ConvSpec } from "../../spec/convolution.ts";
import type { ConvTask } from "../../spec/task.ts";
import type { Band } from "./bands.ts";
import { planWasm } from "./conv-plan.ts";
import { foldZeroPoint } from "./integer-plan.ts";
import { aligned, elementsOf } from "./memory.ts";
import type { ConvExports } from "./modules.ts";
import { type Addresses, slackBytes, type WasmPlan, writePlan } from "./plan.ts";
import { forEachPiece, type Planes } from "./planes.ts";
import type { Leg, LegJob, Linear, WasmProgram } from "./program.ts";
import { cutTasks, threadsFor } from "./tasks.ts";

/** Bytes that `pack` overwrites besides the head. */
const packScratchBytes = 512;

/** Lays out a convolution in bands. `wholeRows` serves operands that already lie in linear memory. */
export function convProgram(task: ConvTask, wholeRows = false): WasmProgram {
  const { spec, algorithm } = task;
  const plan = planWasm(spec, algorithm, wholeRows);
  const { module, bands, input, output } = plan;
  let unit: number | undefined;
  const share = (on: Linear, band: Band, images: number, threads: number) => {
    unit ??= (on.exports(module) as unknown as ConvExports).channelUnit();
    return cutTasks(spec, algorithm, band, images, threads, unit);
  };
  const head = headLayout(plan);
  return {
    kernel: `${module}.run`,
    headBytes: head.bytes,
    writeHead: (on, at) => writeHead(on, at, task, plan),
    workspaceBytes: plan.workspaceBytes,
    inputBytes: [bands.images * input.batch + slackBytes],
    outputBytes: bands.images * output.batch + slackBytes,
    staysInPlace: true,
    ...(bands.partOfRows && { inPlace: () => convProgram(task, true) }),
    isShared: (on) => share(on, bands.list[0], bands.images, 2).length > 1,
    threadsFor: (work) => threadsFor(spec, bands, work),
    legs: (on, threads) => legsOf(spec, plan, (band, images) => share(on, band, images, threads)),
  };
}

function* legsOf(
  spec: ConvSpec,
  { bands, input, output }: WasmPlan,
  share: (band: Band, images: number) => ReturnType<typeof cutTasks>,
): Generator<Leg> {
  const channelsLast = spec.inputLayout === "nhwc";
  const { from, to, inImage, outImage } = tensorsOf(spec, { bands, input, output });
  for (let image = 0; image < spec.batch; image += bands.images) {
    const images = Math.min(bands.images, spec.batch - image);
    for (const band of bands.list) {
      const tasks = share(band, images);
      yield {
        inputs: [
          {
            inBuffer: -(band.inFrom * input.row + band.inFirst * input.channel),
            inTensor: image * inImage,
          },
        ],
        output: {
          inBuffer: -(band.from * output.row + band.first * output.channel),
          inTensor: image * outImage,
        },
        load: (_, visit) => {
          const [first, end] = channelsLast ? [0, 1] : [band.inFirst, band.inEnd];
          const all = { image: 0, images, from: band.inFrom, to: band.inTo, first, end };
          forEachPiece(from, image, band.inFrom, first, all, visit);
        },
        jobs: tasks.map(
          (task): LegJob => ({
            inputShift: task.image * input.batch,
            outputShift: task.image * output.batch,
            numbers: [task.images, task.from, task.to, task.first, task.end],
          }),
        ),
        unload: (job, visit) => {
          const task = channelsLast ? { ...tasks[job], first: 0, end: 1 } : tasks[job];
          forEachPiece(to, image, band.from, channelsLast ? 0 : band.first, task, visit);
        },
      };
    }
  }
}

/** Describes input and output as planes, with the bytes of one image of each. */
export function tensorsOf(
  spec: ConvSpec,
  { bands, input, output }: Pick<WasmPlan, "bands" | "input" | "output">,
): { from: Planes; to: Planes; inImage: number; outImage: number } {
  const channelsLast = spec.inputLayout === "nhwc";
  const [inBytes, outBytes] = [bytesOf(spec.dtype), bytesOf(spec.outputDtype)];
  return {
    from: {
      count: channelsLast ? 1 : spec.inChannels,
      held: channelsLast ? 1 : bands.inChannels,
      rows: spec.inHeight,
      rowLength: input.row / inBytes,
      bufferRows: bands.inRows,
    },
    to: {
      count: channelsLast ? 1 : spec.outChannels,
      held: channelsLast ? 1 : bands.outChannels,
      rows: spec.outHeight,
      rowLength: output.row / outBytes,
      bufferRows: bands.outRows,
    },
    inImage: spec.inChannels * spec.inHeight * spec.inWidth * inBytes,
    outImage: spec.outChannels * spec.outHeight * spec.outWidth * outBytes,
  };
}

/** Places packed weights, bias and scale in the head, one after the other, behind fields and taps. */
function headLayout(plan: WasmPlan) {
  const weights = aligned(plan.headBytes + plan.taps.byteLength);
  const bias = weights + aligned(plan.weightBytes);
  const scale = bias + aligned(plan.biasBytes);
  return { weights, bias, scale, bytes: scale + aligned(plan.biasBytes) };
}

/** Writes the head. A missing bias or scale becomes zeros. */
function writeHead(on: Linear, at: number, { spec, weights, bias, scale }: ConvTask, plan: WasmPlan): void {
  const { memory } = on;
  const head = headLayout(plan);
  const rawBytes = aligned(weights.byteLength) + packScratchBytes;
  const raw = memory.allocate(rawBytes);
  try {
    const put = (array: TypedArray, address: number) =>
      elementsOf(memory, array).set(array, address / array.BYTES_PER_ELEMENT);
    memory.uint8.fill(0, at + head.bias, at + head.bytes);
    const start = isInteger(spec.dtype) ? foldZeroPoint(spec, weights as Int8Array, bias) : bias;
    if (start !== null) put(start, at + head.bias);
    if (scale !== null) put(scale, at + head.scale);
    put(weights, raw);
    const addresses: Addresses = {
      taps: at + plan.headBytes,
      weights: at + head.weights,
      bias: at + head.bias,
      zeros: at + head.scale,
      scale: at + head.scale,
    };
    writePlan(plan, at, addresses, memory.float64, memory.int32);
    const { pack } = on.exports(plan.module) as unknown as ConvExports;
    pack(at, raw, raw + aligned(weights.byteLength));
  } finally {
    memory.free(raw, rawBytes);
  }
}
