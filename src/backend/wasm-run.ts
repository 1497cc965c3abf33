// SPDX-License-Identifier: MIT
import { bytesOf, type TypedArray } from "../dtype.ts";
import { type Algorithm, type ConvSpec, multiplyAdds } from "../spec.ts";
import type { Band } from "./wasm-bands.ts";
import type { Job } from "./wasm-helper.ts";
import type { Instance } from "./wasm-instance.ts";
import { aligned } from "./wasm-memory.ts";
import { wasmModules } from "./wasm-modules.ts";
import { slackBytes, type WasmPlan } from "./wasm-plan.ts";
import { cutTasks, partsPerThread, type Task } from "./wasm-tasks.ts";

/** A tensor as planes of rows, and the buffer in linear memory that holds the same few rows of each plane. */
export interface Planes {
  /** In one image: its channels, or one plane that has all channels in its rows. */
  readonly count: number;
  /** How many of them the buffer holds. */
  readonly held: number;
  readonly rows: number;
  readonly rowLength: number;
  readonly buffer: number;
  readonly bufferRows: number;
}

/**
 * Takes the images through linear memory, band by band; a tensor that lies there already stays where it is, and bands
 * are then made of whole rows. Returns how much memory that took.
 */
export function runOn(...run: Parameters<typeof stepsOn>): number {
  const steps = stepsOn(...run);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * The same step by step. Between steps memory may grow, if the two arrays do not lie in it.
 *
 * @param pieceWork in how many multiply-adds the calling thread does what is not shared with helpers; default all of a band
 */
export function* stepsOn(
  { memory, exports, team }: Instance,
  plan: number,
  { module, bands, input: inStep, output: outStep, workspaceBytes }: WasmPlan,
  spec: ConvSpec,
  algorithm: Algorithm,
  input: TypedArray,
  output: TypedArray,
  pieceWork?: number,
): Generator<void, number> {
  const computing = exports(module);
  const channelUnit = computing.channelUnit();
  const share = (band: Band, images: number, helpers: number) =>
    cutTasks(spec, algorithm, band, images, helpers + 1, channelUnit);
  // Helpers are not even started for the sake of small images.
  const shared =
    team !== undefined && pieceWork === undefined && share(bands.list[0], bands.images, 1).length > 1;
  const helpers = shared ? team.muster(module) : 0;
  // As many parts as if there were helpers for them.
  const bandWork = multiplyAdds(spec) / bands.list.length / Math.ceil(spec.batch / bands.images);
  const parts = pieceWork === undefined ? helpers : Math.ceil(bandWork / pieceWork / partsPerThread) - 1;
  // Before memory grows, which may empty the two arrays.
  const isHere = ({ buffer }: TypedArray) => buffer === memory.memory.buffer;
  const inHere = isHere(input) ? input.byteOffset : undefined;
  const outHere = isHere(output) ? output.byteOffset : undefined;
  const inBytes = inHere === undefined ? aligned(bands.images * inStep.batch + slackBytes) : 0;
  const outBytes = outHere === undefined ? aligned(bands.images * outStep.batch + slackBytes) : 0;
  const workspace = aligned(workspaceBytes);
  const bytes = inBytes + outBytes + (helpers + 1) * workspace;
  const moduleAt = wasmModules.indexOf(module);
  const inAt = memory.allocate(bytes);
  const outAt = inAt + inBytes;
  const workspaces = Array.from({ length: helpers + 1 }, (_, i) => outAt + outBytes + i * workspace);
  try {
    const inScale = bytesOf(spec.dtype);
    const outScale = bytesOf(spec.outputDtype);
    const inImage = spec.inChannels * spec.inHeight * spec.inWidth * inScale;
    const outImage = spec.outChannels * spec.outHeight * spec.outWidth * outScale;
    const channelsLast = spec.inputLayout === "nhwc";
    const from: Planes = {
      count: channelsLast ? 1 : spec.inChannels,
      held: channelsLast ? 1 : bands.inChannels,
      rows: spec.inHeight,
      rowLength: inStep.row / inScale,
      buffer: inAt / inScale,
      bufferRows: bands.inRows,
    };
    const to: Planes = {
      count: channelsLast ? 1 : spec.outChannels,
      held: channelsLast ? 1 : bands.outChannels,
      rows: spec.outHeight,
      rowLength: outStep.row / outScale,
      buffer: outAt / outScale,
      bufferRows: bands.outRows,
    };
    for (let image = 0; image < spec.batch; image += bands.images) {
      const images = Math.min(bands.images, spec.batch - image);
      for (const band of bands.list) {
        const read = {
          image: 0,
          images,
          from: band.inFrom,
          to: band.inTo,
          first: band.inFirst,
          end: band.inEnd,
        };
        const all = channelsLast ? { ...read, first: 0, end: 1 } : read;
        if (inHere === undefined) {
          forEachPiece(from, image, band.inFrom, all.first, all, (inMemory, inTensor, length) =>
            memory[spec.dtype].set(part(input, inTensor, length), inMemory),
          );
        }
        const tasks = share(band, images, parts);
        // Where the first row of the first channel would lie.
        const inOrigin =
          inHere === undefined
            ? inAt - band.inFrom * inStep.row - band.inFirst * inStep.channel
            : inHere + image * inImage;
        const outOrigin =
          outHere === undefined
            ? outAt - band.from * outStep.row - band.first * outStep.channel
            : outHere + image * outImage;
        const jobs = tasks.map((task): Job => {
          const inputAt = inOrigin + task.image * inStep.batch;
          const outputAt = outOrigin + task.image * outStep.batch;
          return [moduleAt, plan, inputAt, outputAt, task.images, task.from, task.to, task.first, task.end];
        });
        const run = ([, at, inputAt, outputAt, ...parts]: Job) =>
          computing.run(at, inputAt, outputAt, workspaces[0], ...parts);
        const done = (i: number) => {
          if (outHere !== undefined) return;
          const task = channelsLast ? { ...tasks[i], first: 0, end: 1 } : tasks[i];
          forEachPiece(to, image, band.from, band.first, task, (inMemory, inTensor, length) =>
            output.set(part(memory[spec.outputDtype], inMemory, length), inTensor),
          );
        };
        if (jobs.length > 1 && team !== undefined) team.run(jobs, workspaces, run, done);
        else
          for (let i = 0; i < jobs.length; i++) {
            run(jobs[i]);
            done(i);
            yield;
          }
      }
    }
  } finally {
    memory.free(inAt, bytes);
  }
  return bytes;
}

/**
 * The part of some images that a task names, its channels being planes, as few stretches of elements. The buffer holds
 * images from `image` on, their planes from `plane` on and the rows of these from `row` on.
 */
export function forEachPiece(
  { count, held, rows, rowLength, buffer, bufferRows }: Planes,
  image: number,
  row: number,
  plane: number,
  task: Task,
  visit: (inMemory: number, inTensor: number, length: number) => void,
): void {
  const planes = task.end - task.first;
  const wholePlanes = task.to - task.from === rows && bufferRows === rows;
  for (let i = task.image; i < task.image + task.images; i++) {
    const inMemory = (i * held + task.first - plane) * bufferRows + task.from - row;
    const inTensor = ((image + i) * count + task.first) * rows + task.from;
    if (wholePlanes && planes === count) {
      // Images follow each other without a gap.
      visit(buffer + inMemory * rowLength, inTensor * rowLength, task.images * planes * rows * rowLength);
      return;
    }
    if (wholePlanes) {
      visit(buffer + inMemory * rowLength, inTensor * rowLength, planes * rows * rowLength);
      continue;
    }
    for (let k = 0; k < planes; k++) {
      const at = buffer + (inMemory + k * bufferRows) * rowLength;
      visit(at, (inTensor + k * rows) * rowLength, (task.to - task.from) * rowLength);
    }
  }
}

export function part(array: TypedArray, at: number, length: number): TypedArray {
  return length === array.length ? array : array.subarray(at, at + length);
}
