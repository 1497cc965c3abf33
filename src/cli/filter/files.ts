// SPDX-License-Identifier: MIT
import { randomBytes } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join, normalize, resolve } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { UsageError } from "../errors.ts";
import { isWritable, writableExtensions } from "../images.ts";
import { forgetTemporary, rememberTemporary } from "../process.ts";

/** A file to read, and the file to write. */
export interface Job {
  readonly input: string;
  readonly output: string;
}

/** The files that the command line names. If `folder` is defined, it must be created. */
export interface Jobs {
  readonly jobs: readonly Job[];
  readonly folder: string | undefined;
}

/** Expands inputs and decides where each output goes. Throws UsageError, and writes nothing. */
export async function planJobs(patterns: readonly string[], output: string): Promise<Jobs> {
  const inputs = await expandInputs(patterns);
  const inFolder = await isFolderOutput(inputs.length, output);
  const jobs = inputs.map((input) => ({
    input,
    output: inFolder ? join(output, outputName(input)) : output,
  }));
  if (!inFolder) await checkFile(output);
  await checkCollisions(jobs);
  return { jobs, folder: inFolder ? output : undefined };
}

/** Expands globs. A path that exists is a file even if it looks like a glob, as in `photo[1].jpg`. */
async function expandInputs(patterns: readonly string[]): Promise<string[]> {
  const inputs: string[] = [];
  for (const pattern of patterns) {
    const kind = await kindOf(pattern);
    if (kind === "file") inputs.push(pattern);
    else if (kind === "folder") throw new UsageError(`${pattern} is a folder; name files or a glob in it`);
    else if (!isDynamicPattern(pattern)) throw new UsageError(`no such file: ${pattern}`);
    else {
      const found = await glob(pattern, { onlyFiles: true, expandDirectories: false });
      if (found.length === 0) throw new UsageError(`no file matches ${pattern}`);
      inputs.push(...found.sort());
    }
  }
  return [...new Map(inputs.map((input) => [resolve(input), normalize(input)])).values()];
}

async function isFolderOutput(inputCount: number, output: string): Promise<boolean> {
  const kind = await kindOf(output);
  if (kind === "folder" || /[/\\]$/.test(output)) return true;
  if (inputCount === 1) return kind === undefined && extname(output) === "";
  if (kind === undefined && !isWritable(extname(output).toLowerCase())) return true;
  throw new UsageError(`${inputCount} inputs need a folder as output but ${output} is a file name`);
}

/** Returns the input's name, as .png if its own format can be read but not written. */
function outputName(input: string): string {
  const extension = extname(input);
  return isWritable(extension.toLowerCase()) ? basename(input) : `${basename(input, extension)}.png`;
}

async function checkFile(output: string): Promise<void> {
  const extension = extname(output);
  if (!isWritable(extension.toLowerCase())) {
    throw new UsageError(
      `cannot write ${extension} files (${output}); use one of ${writableExtensions.join(" ")}`,
    );
  }
  if ((await kindOf(dirname(output))) !== "folder")
    throw new UsageError(`no such folder: ${dirname(output)}`);
}

async function checkCollisions(jobs: readonly Job[]): Promise<void> {
  const inputs = new Set<string>();
  for (const { input } of jobs) inputs.add(await identityOf(input));
  const inputOf = new Map<string, string>();
  for (const { input, output } of jobs) {
    const target = await identityOf(output);
    if (inputs.has(target)) throw new UsageError(`${output} would replace an input; choose another output`);
    const other = inputOf.get(target);
    if (other !== undefined) throw new UsageError(`${other} and ${input} would both be written to ${output}`);
    inputOf.set(target, input);
  }
}

/**
 * Returns the same text for the same file, whatever links, folders and case lead to it. A file that does not exist yet
 * is identified by its name in the nearest folder that does.
 */
async function identityOf(path: string): Promise<string> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    const folder = dirname(path);
    return folder === path ? path : `${await identityOf(folder)}/${basename(path)}`;
  }
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch {
    return undefined;
  }
}

/** Writes a file that is either complete or absent: under another name first, then renamed. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  // Nobody can foresee the name, and "wx" opens no existing file, such as a link that somebody else made.
  const temporary = join(dirname(path), `.corr2d-${randomBytes(12).toString("hex")}.tmp`);
  rememberTemporary(temporary);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(bytes);
      await file.close();
      await rename(temporary, path);
    } catch (error) {
      await file.close().catch(() => {}); // Closing twice does nothing.
      await rm(temporary, { force: true });
      throw error;
    }
  } finally {
    forgetTemporary(temporary);
  }
}
