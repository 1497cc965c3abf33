// SPDX-License-Identifier: MIT
import { unlinkSync } from "node:fs";

const temporaryFiles = new Set<string>();
const cleanups = new Set<() => void>();

/** Removes the file if the process ends before `forgetTemporary`. */
export function rememberTemporary(path: string): void {
  temporaryFiles.add(path);
}

export function forgetTemporary(path: string): void {
  temporaryFiles.delete(path);
}

/** Calls `cleanup` when the process is interrupted. Returns a function that cancels this. */
export function onInterrupt(cleanup: () => void): () => void {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/** On Ctrl-C and termination, leaves a usable terminal and the exit code that shells expect. */
export function exitOnSignals(): void {
  const exit = (code: number) => () => {
    for (const cleanup of cleanups) cleanup();
    process.exit(code);
  };
  process.once("SIGINT", exit(128 + 2));
  process.once("SIGTERM", exit(128 + 15));
}

/** Leaves no half-written files, however the process ends: by a signal, a broken pipe or an error. */
export function removeTemporariesOnExit(): void {
  process.on("exit", () => {
    for (const path of temporaryFiles) {
      try {
        unlinkSync(path);
      } catch {
        // The file was never created, or is gone already.
      }
    }
  });
}

/** Ends `corr2d bench | head -1` as quietly as SIGPIPE (13) ends other Unix tools. */
export function exitOnBrokenPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(128 + 13);
  });
}
