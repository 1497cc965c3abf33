// SPDX-License-Identifier: MIT
import spinner from "yocto-spinner";
import { onInterrupt } from "./process.ts";

export interface Progress {
  /** Shows the current step, and how many steps are done. */
  update(done: number, label: string): void;
  stop(): void;
}

const barWidth = 24;
/** Work that takes less time shows no bar. */
const delayMs = 200;

/** Starts a progress bar on stderr, or none if stderr is not a terminal. */
export function startProgress(total: number): Progress {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const started = performance.now();
  let text = "";
  // process.ts handles the signals, together with temporary files.
  const bar = spinner({ stream: process.stderr, handleSignals: false });
  const show = () => {
    if (bar.isSpinning) bar.text = text;
    else bar.start(text);
  };
  const timer = setTimeout(show, delayMs);
  const stop = () => {
    clearTimeout(timer);
    bar.stop();
  };
  const takeBack = onInterrupt(stop);
  return {
    update: (done, label) => {
      const filled = Math.round((done / total) * barWidth);
      const line = `${"█".repeat(filled)}${"░".repeat(barWidth - filled)} ${done}/${total} ${label}`;
      text = line.slice(0, (process.stderr.columns || 80) - 3); // The spinner shares the line.
      // The timer cannot fire while the calling thread computes.
      if (performance.now() - started > delayMs) show();
    },
    stop: () => {
      takeBack();
      stop();
    },
  };
}
