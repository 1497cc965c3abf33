// SPDX-License-Identifier: MIT
// Work on the calling thread that lets the event loop breathe: async calls where there are no workers.

/** Does all steps, each in a turn of the event loop of its own. Rejects with `signal.reason` after an abort. */
export async function inTurns(steps: Iterable<void>, signal: AbortSignal | undefined): Promise<void> {
  await nextTurn();
  signal?.throwIfAborted();
  for (const _ of steps) {
    await nextTurn();
    signal?.throwIfAborted();
  }
}

/** Timers would wait for milliseconds, and promises for nothing. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
    } else if (typeof MessageChannel === "function") {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    } else {
      setTimeout(resolve);
    }
  });
}
