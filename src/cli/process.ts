// SPDX-License-Identifier: MIT
import { unlinkSync } from "node:fs";

const temporaryFiles = new Set<string>();
const cleanups = new Set<() => void>();

/** Removes the file when the process ends before `forgetTemporary`. */
export function rememberTemporary(path: string): void {
  temporaryFiles.add(path);
}

export function forgetTemporary(path: string): void {
  temporaryFiles.delete(path);
}

/** Calls `cleanup` when the process is interrupted. Returns a function that takes the request back. */
export function onInterrupt(cleanup: () => void): () => void {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/** On Ctrl-C and termination: a usable terminal, and the exit code that shells expect. */
export function exitOnSignals(): void {
  const exit = (code: number) => () => {
    for (const cleanup of cleanups) cleanup();
    process.exit(code);
  };
  process.once("SIGINT", exit(128 + 2));
  process.once("SIGTERM", exit(128 + 15));
}

/** However the process ends, by a signal, a broken pipe or an error: no half-written files. */
export function removeTemporariesOnExit(): void {
  process.on("exit", () => {
    for (const path of temporaryFiles) {
      try {
        unlinkSync(path);
      } catch {
        // It was never created, or is gone already.
      }
    }
  });
}

/** `corr2d bench | head -1`: ends as quietly as other Unix tools do, which SIGPIPE (13) stops. */
export function exitOnBrokenPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(128 + 13);
  });
}
