// SPDX-License-Identifier: MIT

/** The command line is wrong: one line on stderr, exit code 2. */
export class UsageError extends Error {}

/** The command line is right and the work failed in a foreseen way: one line on stderr, exit code 1. */
export class CommandError extends Error {}

/** The first line of what any thrown value has to say. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split("\n", 1)[0] || "unknown error";
}
