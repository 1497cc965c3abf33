// SPDX-License-Identifier: MIT

/** The command line is wrong. main.ts prints one line on stderr and sets exit code 2. */
export class UsageError extends Error {}

/** The command line is right, but the work failed in a foreseen way. main.ts prints one line and sets exit code 1. */
export class CommandError extends Error {}

/** Returns the first line of any thrown value's message. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split("\n", 1)[0] || "unknown error";
}
