// SPDX-License-Identifier: MIT
import type { Visit } from "./program.ts";
import type { Task } from "./tasks.ts";

/** A tensor as planes of rows, and the buffer in linear memory that holds the same few rows of each plane. */
export interface Planes {
  /** Planes of one image: its channels, or one plane whose rows hold all channels. */
  readonly count: number;
  /** Planes of one image that the buffer holds. */
  readonly held: number;
  readonly rows: number;
  readonly rowLength: number;
  readonly bufferRows: number;
}

/**
 * Visits the part of some images that a task names, in as few stretches of elements as possible. The task's channels
 * are planes. The buffer begins at image `image`, plane `plane` and row `row`.
 */
export function forEachPiece(
  { count, held, rows, rowLength, bufferRows }: Planes,
  image: number,
  row: number,
  plane: number,
  task: Task,
  visit: Visit,
): void {
  const planes = task.end - task.first;
  const wholePlanes = task.to - task.from === rows && bufferRows === rows;
  for (let i = task.image; i < task.image + task.images; i++) {
    const inBuffer = (i * held + task.first - plane) * bufferRows + task.from - row;
    const inTensor = ((image + i) * count + task.first) * rows + task.from;
    if (wholePlanes && planes === count) {
      // Images follow each other without a gap.
      visit(inBuffer * rowLength, inTensor * rowLength, task.images * planes * rows * rowLength);
      return;
    }
    if (wholePlanes) {
      visit(inBuffer * rowLength, inTensor * rowLength, planes * rows * rowLength);
      continue;
    }
    for (let k = 0; k < planes; k++) {
      const length = (task.to - task.from) * rowLength;
      visit((inBuffer + k * bufferRows) * rowLength, (inTensor + k * rows) * rowLength, length);
    }
  }
}
