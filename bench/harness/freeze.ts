// SPDX-License-Identifier: MIT
// Stops processes between their turns. Threads that wait for work by spinning, as those of most libraries do for a
// while, would take the processor from the contender whose turn it is; a stopped process takes nothing, and is measured
// in the configuration that its library has chosen. Where there are no such signals, on Windows, nothing is stopped.
import type { ChildProcess } from "node:child_process";

const canStop = process.platform !== "win32";

export function freeze(child: ChildProcess): void {
  if (canStop) child.kill("SIGSTOP");
}

export function thaw(child: ChildProcess): void {
  if (canStop) child.kill("SIGCONT");
}

/** Ends a process with this one, whatever ends this one; a stopped process would stay forever. */
export function endWithThisProcess(child: ChildProcess): void {
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  child.once("exit", () => process.off("exit", end));
}

/** Signals that would end this process at once, and the end of its parent, end it by way of its exit listeners. */
export function exitWhenTold(): void {
  process.once("disconnect", () => process.exit(1));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
}
