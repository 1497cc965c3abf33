// SPDX-License-Identifier: MIT
// Runs async calls on the calling thread, without blocking the event loop, where there are no workers.

/** Does every step in a turn of the event loop of its own. Rejects with `signal.reason` after an abort. */
export async function inTurns(steps: Iterable<void>, signal: AbortSignal | undefined): Promise<void> {
  await nextTurn();
  signal?.throwIfAborted();
  for (const _ of steps) {
    await nextTurn();
    signal?.throwIfAborted();
  }
}

/** Waits for the next turn. A timer would wait for milliseconds, and a promise would not let other events in. */
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
