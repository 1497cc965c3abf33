// SPDX-License-Identifier: MIT
import { extname } from "node:path";
import { ImageFilter, type ImageFilterOptions, type Planner } from "../../image/filter.ts";
import type { ImageOperator } from "../../image/operator.ts";
import type { Pixels } from "../../image/pixels.ts";
import { multiplyAdds } from "../../spec/convolution.ts";
import { messageOf } from "../errors.ts";
import type { ImageCodec, WritableExtension } from "../images.ts";
import { median } from "../numbers.ts";
import { type Job, writeWhole } from "./files.ts";
import { lossesOf } from "./losses.ts";

/** The tools that all files of one command share. */
export interface Tools {
  readonly codec: ImageCodec;
  readonly planner: Planner;
  readonly operator: ImageOperator;
}

export interface JobOptions extends ImageFilterOptions {
  /** How many times the filter runs; its time is the median. */
  readonly repeat: number;
}

/** The result for one file, as `--json` prints it. */
export type FileReport = FileDone | FileFailed;

export interface FileFailed extends Job {
  readonly error: string;
}

export interface FileDone extends Job {
  readonly width: number;
  readonly height: number;
  /** Channels of the output. */
  readonly channels: number;
  readonly backend: string;
  readonly isa: string;
  readonly threads: number;
  readonly algorithm: string;
  /** `filter` is the time from decoded to filtered pixels. */
  readonly milliseconds: { readonly decode: number; readonly filter: number; readonly encode: number };
  readonly megapixelsPerSecond: number;
  /** Losses in the output that the command line did not ask for. */
  readonly warnings: readonly string[];
}

/** Filters one file. A file that fails is reported and does not keep the others from being filtered. */
export async function runJob(job: Job, tools: Tools, options: JobOptions): Promise<FileReport> {
  try {
    return await filterFile(job, tools, options);
  } catch (error) {
    return { input: job.input, output: job.output, error: messageOf(error) };
  }
}

async function filterFile({ input, output }: Job, tools: Tools, options: JobOptions): Promise<FileDone> {
  const { codec, planner, operator } = tools;
  const [decoded, decode] = await timed(() => codec.decode(input));
  const { pixels } = decoded;
  const { width, height } = pixels;
  const extension = extname(output).toLowerCase() as WritableExtension;
  const imageFilter = new ImageFilter(planner, pixels, operator, options);
  const { backend, isa, threads, algorithm } = imageFilter.plan;
  try {
    const [filtered, filter] = await filterRepeatedly(imageFilter, pixels, options.repeat);
    const [, encode] = await timed(async () => {
      const bytes = await codec.encode(filtered, extension);
      await writeWhole(output, bytes);
    });
    return {
      input,
      output,
      width,
      height,
      channels: filtered.channels,
      backend,
      isa,
      threads,
      algorithm,
      milliseconds: { decode, filter, encode },
      megapixelsPerSecond: (width * height) / filter / 1000,
      warnings: lossesOf(decoded, operator, filtered, extension),
    };
  } finally {
    imageFilter.dispose();
  }
}

/** Multiply-adds of one channel from which on the filter runs off the event loop, for Ctrl-C and the progress bar. */
const longWork = 5e8;

async function filterRepeatedly(
  imageFilter: ImageFilter,
  pixels: Pixels,
  repeat: number,
): Promise<[result: Pixels, medianMs: number]> {
  const long = multiplyAdds(imageFilter.plan.spec) > longWork;
  const run = () => (long ? imageFilter.runAsync(pixels) : imageFilter.run(pixels));
  const [result, ms] = await timed(run);
  const times = [ms];
  while (times.length < repeat) times.push((await timed(run))[1]);
  return [result, median(times)];
}

async function timed<T>(work: () => T | Promise<T>): Promise<[result: T, milliseconds: number]> {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}
