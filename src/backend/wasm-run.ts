// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import type { ConvSpec } from "../spec.ts";
import type { Instance } from "./wasm-instance.ts";
import { aligned, elementsOf } from "./wasm-memory.ts";
import { slackBytes, type WasmPlan } from "./wasm-plan.ts";

/** A tensor as planes of rows, and the buffer in linear memory that holds the same few rows of each plane. */
interface Planes {
  readonly tensor: FloatArray;
  /** In one image: its channels, or one plane that has all channels in its rows. */
  readonly count: number;
  readonly rows: number;
  readonly rowLength: number;
  readonly buffer: number;
  readonly bufferRows: number;
}

/** Takes the images through linear memory, band by band. Returns how much of it that took. */
export function runOn(
  { memory, exports }: Instance,
  address: number,
  { bands, input: inPitch, output: outPitch, workspaceBytes }: WasmPlan,
  spec: ConvSpec,
  input: FloatArray,
  output: FloatArray,
): number {
  const inBytes = aligned(bands.items * inPitch.item + slackBytes);
  const outBytes = aligned(bands.items * outPitch.item + slackBytes);
  const bytes = inBytes + outBytes + workspaceBytes;
  const inAt = memory.allocate(bytes);
  const outAt = inAt + inBytes;
  try {
    const elements = elementsOf(memory, input);
    const scale = input.BYTES_PER_ELEMENT;
    const channelsLast = spec.inputLayout === "nhwc";
    const from: Planes = {
      tensor: input,
      count: channelsLast ? 1 : spec.inChannels,
      rows: spec.inHeight,
      rowLength: inPitch.row / scale,
      buffer: inAt / scale,
      bufferRows: bands.inRows,
    };
    const to: Planes = {
      tensor: output,
      count: channelsLast ? 1 : spec.outChannels,
      rows: spec.outHeight,
      rowLength: outPitch.row / scale,
      buffer: outAt / scale,
      bufferRows: bands.outRows,
    };
    for (let item = 0; item < spec.batch; item += bands.items) {
      const items = Math.min(bands.items, spec.batch - item);
      for (const band of bands.list) {
        forEachPiece(from, item, items, band.inFrom, band.inTo, (inMemory, inTensor, length) =>
          elements.set(part(input, inTensor, length), inMemory),
        );
        // Where the first row of the image would lie.
        const inOrigin = inAt - band.inFrom * inPitch.row;
        const outOrigin = outAt - band.from * outPitch.row;
        exports.run(address, inOrigin, outOrigin, outAt + outBytes, items, band.from, band.to);
        forEachPiece(to, item, items, band.from, band.to, (inMemory, inTensor, length) =>
          output.set(part(elements, inMemory, length), inTensor),
        );
      }
    }
  } finally {
    memory.free(inAt, bytes);
  }
  return bytes;
}

/** Rows `from` to `to` of all planes of some images, as few stretches of elements. */
function forEachPiece(
  { count, rows, rowLength, buffer, bufferRows }: Planes,
  item: number,
  items: number,
  from: number,
  to: number,
  visit: (inMemory: number, inTensor: number, length: number) => void,
): void {
  const planes = items * count;
  const first = item * count;
  if (to - from === rows && bufferRows === rows) {
    // Whole planes follow each other without a gap.
    visit(buffer, first * rows * rowLength, planes * rows * rowLength);
    return;
  }
  for (let plane = 0; plane < planes; plane++) {
    const inTensor = ((first + plane) * rows + from) * rowLength;
    visit(buffer + plane * bufferRows * rowLength, inTensor, (to - from) * rowLength);
  }
}

function part(array: FloatArray, at: number, length: number): FloatArray {
  return length === array.length ? array : array.subarray(at, at + length);
}
