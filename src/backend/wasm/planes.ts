// SPDX-License-Identifier: MIT
import type { Visit } from "./program.ts";
import type { Task } from "./tasks.ts";

/** A tensor as planes of rows, and the buffer in linear memory that holds the same few rows of each plane. */
export interface Planes {
  /** Planes of one image: its channels, or one plane that has all channels in its rows. */
  readonly count: number;
  /** How many of them the buffer holds. */
  readonly held: number;
  readonly rows: number;
  readonly rowLength: number;
  readonly bufferRows: number;
}

/**
 * The part of some images that a task names, its channels being planes, as few stretches of elements. The buffer holds
 * images from `image` on, their planes from `plane` on and the rows of these from `row` on.
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
