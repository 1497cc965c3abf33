// SPDX-License-Identifier: MIT
import { Command, InvalidArgumentError, Option } from "commander";
import { backendNames } from "../backend/backend.ts";
import { borders } from "../spec/border.ts";
import { algorithms } from "../spec/convolution.ts";
import { bench } from "./bench/bench.ts";
import { explain } from "./explain/explain.ts";
import { modes, parseMatrix, parsePadding, parsePerAxis, parsePosition } from "./explain/parse.ts";
import { filter } from "./filter/filter.ts";
import { operatorNames } from "./filter/operators.ts";
import { info } from "./info.ts";
import { packageVersion } from "./version.ts";

/** Builds the command line: its commands and their options. Each command is a file of its own. */
export function createProgram(): Command {
  const program = new Command("corr2d")
    .description("2-D correlation and convolution: filter images, show and compare the backends")
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ outputError: () => {}, writeErr: () => {} }) // main.ts writes the one line
    .addHelpText("after", "\nExit codes: 0 done, 1 failed, 2 wrong usage.");
  addFilter(program);
  addExplain(program);
  addInfo(program);
  addBench(program);
  return program;
}

function addFilter(program: Command): void {
  program
    .command("filter")
    .summary("filter image files")
    .description(
      "Filters image files with a designed kernel. sobel, prewitt and scharr write the edge strength as a grey image; " +
        "the others filter each colour channel and leave alpha alone.",
    )
    .usage("[options] <inputs...> <output>")
    .argument("[paths...]", "files or globs, then a file, or a folder where there are several inputs")
    .addOption(
      new Option("-k, --kernel <name>", "what to filter with").choices(operatorNames).default("sobel"),
    )
    .option("--sigma <number>", "standard deviation of gaussian, in pixels (default: 1)", positiveNumber)
    .option("--size <pixels>", "side of box (default: 3) or gaussian (default: by sigma)", positiveInteger)
    .addOption(
      new Option("--border <name>", "how the image goes on beyond its edge")
        .choices(borders)
        .default("reflect"),
    )
    .addOption(algorithmOption())
    .addOption(backendOption())
    .addOption(threadsOption())
    .option("--repeat <times>", "filter each image so often and report the median time", positiveInteger, 1)
    .option("--json", "print one JSON document instead of text")
    .addHelpText(
      "after",
      `
Examples:
  corr2d filter photo.jpg edges.png
  corr2d filter photo.jpg soft.webp --kernel gaussian --sigma 2.5
  corr2d filter "photos/**/*.jpg" out/ --kernel sharpen

An output that exists is replaced, once the new one is complete; inputs are not. png and tif keep every pixel, jpg, webp
and avif do not; a warning on stderr names what else is lost: 16-bit samples, further frames, transparency. A file that fails is named on stderr and the rest
goes on; the exit code is then 1. Needs the package sharp.`,
    )
    .action(filter);
}

function addExplain(program: Command): void {
  const matrix = (name: string, example: string) =>
    new Option(`--${name} <matrix>`, "rows set apart by semicolons, numbers by commas")
      .argParser(parseMatrix)
      .default(parseMatrix(example), example);
  program
    .command("explain")
    .summary("show how one output value comes about")
    .description("Draws one step of a cross-correlation: what the kernel lies on, the products, their sum.")
    .addOption(matrix("input", "0,1,2;3,4,5;6,7,8"))
    .addOption(matrix("kernel", "0,1;2,3"))
    .addOption(
      new Option("--at <row,column>", "which output").argParser(parsePosition).default([0, 0], "0,0"),
    )
    .option("--strides <numbers>", "one, or vertical and horizontal (default: 1)", parsePerAxis)
    .option("--padding <numbers>", "one, two or four, or same, valid or full (default: 0)", parsePadding)
    .option("--dilations <numbers>", "one, or vertical and horizontal (default: 1)", parsePerAxis)
    .addOption(new Option("--mode <name>", "instead of padding: SciPy's modes").choices(modes))
    .addOption(
      new Option("--border <name>", "what padding is filled with (default: constant)").choices(borders),
    )
    .option("--json", "print one JSON document instead of text")
    .addHelpText(
      "after",
      `
Examples:
  corr2d explain
  corr2d explain --at 1,0 --padding 1 --strides 2
  corr2d explain --input "1,1,0,0,1,1" --kernel "1,-1" --at 0,3`,
    )
    .action(explain);
}

function addInfo(program: Command): void {
  program
    .command("info")
    .summary("show the backends, and why one is missing")
    .description(
      "Shows versions, the backends with their instruction sets and threads, and why one is missing.",
    )
    .option("--json", "print one JSON document instead of text")
    .action(info);
}

function addBench(program: Command): void {
  program
    .command("bench")
    .summary("compare backends and algorithms on this machine")
    .description(
      "Times prepared plans of a few typical shapes, float32, on each backend with each algorithm, after a check that " +
        "all of them compute the same. Takes about ten seconds.",
    )
    .addOption(algorithmOption())
    .addOption(backendOption())
    .addOption(threadsOption())
    .option("--json", "print one JSON document instead of text")
    .action(bench);
}

const algorithmOption = () => new Option("--algorithm <name>", "the algorithm to use").choices(algorithms);
const backendOption = () => new Option("--backend <name>", "the backend to use").choices(backendNames);
const threadsOption = () =>
  new Option("--threads <count>", "how many threads to use").argParser(positiveInteger);

function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError("Expected a number above 0.");
  }
  return value;
}

function positiveInteger(text: string): number {
  const value = positiveNumber(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError("Expected a whole number above 0.");
  return value;
}
