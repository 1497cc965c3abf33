// SPDX-License-Identifier: MIT
// The entry of the `corr2d` command runs it, and turns whatever it throws into one line and an exit code.
import { CommanderError } from "commander";
import { messageOf, UsageError } from "./errors.ts";
import { exitOnBrokenPipe, exitOnSignals, removeTemporariesOnExit } from "./process.ts";
import { createProgram } from "./program.ts";

exitOnBrokenPipe();
exitOnSignals();
removeTemporariesOnExit();
try {
  await createProgram().parseAsync();
} catch (error) {
  fail(error);
}

/** Sets the exit code instead of exiting, so that output to a pipe is not cut off. */
function fail(error: unknown): void {
  if (error instanceof CommanderError && error.exitCode === 0) return; // These are --help and --version.
  const wrongUsage = error instanceof UsageError || error instanceof CommanderError;
  process.exitCode = wrongUsage ? 2 : 1;
  const message = error instanceof CommanderError ? commanderMessage(error) : messageOf(error);
  process.stderr.write(`corr2d: ${message}\n`);
  if (process.env.CORR2D_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

function commanderMessage(error: CommanderError): string {
  if (error.code === "commander.help")
    return "a command is missing: filter, explain, info or bench; see corr2d --help";
  // Commander puts its "(Did you mean ...?)" on a line of its own.
  return error.message.replace(/^error: /, "").replaceAll("\n", " ");
}
