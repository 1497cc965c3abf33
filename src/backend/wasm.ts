// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import { Corr2dError } from "../errors.ts";
import type { Algorithm, ConvSpec } from "../spec.ts";
import type { Backend, PreparedConv } from "./backend.ts";
import { createWasmMemory, type WasmMemory } from "./wasm-memory.ts";
import { planWasm, slackBytes, type WasmPlan, writePlan } from "./wasm-plan.ts";
import { createWorkerPool, type PooledConv } from "./worker-pool.ts";

/** What 32-bit addresses reach, less something for weights and workspace. */
const addressable = 3.75 * 2 ** 30;
/** Linear memory cannot shrink: after a run that took more than this, all of it is given back. */
const highWater = 512 * 2 ** 20;

/** What assembly/index.ts exports. */
interface Exports {
  heapBase(): number;
  pack(plan: number, weights: number): void;
  run(
    plan: number,
    input: number,
    output: number,
    workspace: number,
    items: number,
    from: number,
    to: number,
  ): void;
}

interface Instance {
  readonly exports: Exports;
  readonly memory: WasmMemory;
}

/** A plan in the memory of an instance. */
interface Resident {
  readonly instance: Instance;
  readonly plan: number;
  readonly bytes: number;
}

/**
 * The backend on WebAssembly SIMD. `run` computes on the calling thread, `runAsync` in at most `threads` workers.
 *
 * The instance is a cache: after a trap, or when its memory has grown too large, it is dropped; plans move to the
 * next one with their next run.
 */
export function createWasmBackend(module: WebAssembly.Module, options: { threads: number }): Backend {
  const pool = createWorkerPool({ backend: "wasm", module }, options.threads);
  let current: Instance | undefined;
  let disposed = false;

  const instance = (): Instance => {
    if (disposed) throw new Corr2dError("DISPOSED", "This wasm backend was disposed of");
    current ??= instantiate(module);
    return current;
  };

  /** Whatever is thrown inside leaves as BACKEND_FAILED, and a trap takes its instance along. */
  const guarded = <T>(work: (on: Instance) => T): T => {
    const on = instance();
    try {
      return work(on);
    } catch (cause) {
      if (cause instanceof Corr2dError) throw cause;
      if (current === on) current = undefined;
      throw new Corr2dError("BACKEND_FAILED", `wasm failed: ${(cause as Error).message}`, { cause });
    }
  };

  const prepare = (
    spec: ConvSpec,
    algorithm: Algorithm,
    weights: FloatArray,
    bias: FloatArray | null,
  ): PreparedConv => {
    const plan = planWasm(spec, algorithm);
    // Kept for workers and for the next instance.
    const own = { weights: weights.slice(), bias: bias === null ? null : bias.slice() };
    let resident: Resident | undefined = guarded((on) => place(on, plan, own.weights, own.bias));
    let pooled: PooledConv | undefined;
    let open = true;

    const assertOpen = (): void => {
      if (!open) throw new Corr2dError("DISPOSED", "This plan was disposed of");
    };
    return {
      workspaceBytes: plan.workspaceBytes,
      run(input, output) {
        assertOpen();
        guarded((on) => {
          if (resident?.instance !== on) resident = place(on, plan, own.weights, own.bias);
          const transient = runOn(resident, plan, spec, input, output);
          if (transient > highWater) current = undefined;
        });
      },
      async runAsync(input, output, signal) {
        assertOpen();
        pooled ??= pool.add({ spec, algorithm, ...own });
        await pooled.run(input, output, signal);
      },
      dispose() {
        if (!open) return;
        open = false;
        if (resident !== undefined) resident.instance.memory.free(resident.plan, resident.bytes);
        resident = undefined;
        pooled?.release();
      },
    };
  };

  return {
    name: "wasm",
    isa: "simd128",
    threads: 1,
    supports(spec) {
      const bytes = spec.dtype === "float32" ? 4 : 8;
      const input = spec.inChannels * spec.inHeight * spec.inWidth;
      const output = spec.outChannels * spec.outHeight * spec.outWidth;
      const weights =
        spec.outChannels * (spec.inChannels / spec.groups) * spec.kernelHeight * spec.kernelWidth;
      // Raw weights are there beside the packed ones while these are made.
      return Math.max(input + output + weights, 2 * weights) * bytes < addressable;
    },
    prepare,
    dispose() {
      disposed = true;
      current = undefined;
      pool.dispose();
    },
  };
}

function instantiate(module: WebAssembly.Module): Instance {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const functions = exports as unknown as Exports;
  return { exports: functions, memory: createWasmMemory(memory, functions.heapBase()) };
}

/** Writes plan, taps, bias and packed weights, one after the other, into one allocation. */
function place(on: Instance, plan: WasmPlan, weights: FloatArray, bias: FloatArray | null): Resident {
  const { memory, exports } = on;
  const sizes = [planBytesOf(plan), plan.weightBytes, plan.biasBytes, plan.biasBytes].map(aligned);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const at = memory.allocate(bytes);
  const [weightsAt, biasAt, zerosAt] = [sizes[0], sizes[0] + sizes[1], bytes - sizes[3]].map(
    (size) => at + size,
  );
  let raw = 0;
  try {
    raw = memory.allocate(weights.byteLength);
    const elements = elementsOf(memory, weights);
    const scale = weights.BYTES_PER_ELEMENT;
    elements.fill(0, biasAt / scale, (at + bytes) / scale);
    if (bias !== null) elements.set(bias, biasAt / scale);
    elements.set(weights, raw / scale);
    const addresses = { taps: at + plan.headBytes, weights: weightsAt, bias: biasAt, zeros: zerosAt };
    writePlan(plan, at, addresses, memory.float64, memory.int32);
    exports.pack(at, raw);
  } catch (error) {
    memory.free(at, bytes);
    throw error;
  } finally {
    if (raw !== 0) memory.free(raw, weights.byteLength);
  }
  return { instance: on, plan: at, bytes };
}

/** Takes the images through linear memory, band by band. Returns how much of it that took. */
function runOn(
  { instance: { memory, exports }, plan: at }: Resident,
  { bands, input: from, output: to, workspaceBytes }: WasmPlan,
  spec: ConvSpec,
  input: FloatArray,
  output: FloatArray,
): number {
  const inBytes = aligned(bands.items * from.item + slackBytes);
  const outBytes = aligned(bands.items * to.item + slackBytes);
  const bytes = inBytes + outBytes + workspaceBytes;
  const inAt = memory.allocate(bytes);
  const outAt = inAt + inBytes;
  try {
    const elements = elementsOf(memory, input);
    const scale = input.BYTES_PER_ELEMENT;
    // Planes of rows, one after the other: the channels, or one with all channels in its rows.
    const planes = spec.inputLayout === "nchw";
    const inPlane = { count: planes ? spec.inChannels : 1, row: from.row / scale, rows: spec.inHeight };
    const outPlane = { count: planes ? spec.outChannels : 1, row: to.row / scale, rows: spec.outHeight };
    for (let item = 0; item < spec.batch; item += bands.items) {
      const items = Math.min(bands.items, spec.batch - item);
      for (const band of bands.list) {
        copyBand(
          elements,
          inAt / scale,
          bands.inRows,
          input,
          item,
          items,
          inPlane,
          band.inFrom,
          band.inTo,
          true,
        );
        // The addresses that the first row of the image would have.
        const inOrigin = inAt - band.inFrom * from.row;
        const outOrigin = outAt - band.from * to.row;
        exports.run(at, inOrigin, outOrigin, outAt + outBytes, items, band.from, band.to);
        copyBand(
          elements,
          outAt / scale,
          bands.outRows,
          output,
          item,
          items,
          outPlane,
          band.from,
          band.to,
          false,
        );
      }
    }
  } finally {
    memory.free(inAt, bytes);
  }
  return bytes;
}

/** Copies rows `from` to `to` of all planes of some images to the buffer of a band, or back. */
function copyBand(
  elements: FloatArray,
  at: number,
  bandRows: number,
  tensor: FloatArray,
  item: number,
  items: number,
  { count, row, rows }: { count: number; row: number; rows: number },
  from: number,
  to: number,
  inwards: boolean,
): void {
  const whole = bandRows === rows && to - from === rows;
  // Whole planes follow each other without a gap.
  const pieces = whole ? 1 : items * count;
  const length = whole ? items * count * rows * row : (to - from) * row;
  for (let piece = 0; piece < pieces; piece++) {
    const here = at + piece * bandRows * row;
    const there = ((item * count + piece) * rows + from) * row;
    if (!inwards) tensor.set(elements.subarray(here, here + length), there);
    else if (length === tensor.length) elements.set(tensor, here);
    else elements.set(tensor.subarray(there, there + length), here);
  }
}

function elementsOf(memory: WasmMemory, like: FloatArray): FloatArray {
  return like.BYTES_PER_ELEMENT === 4 ? memory.float32 : memory.float64;
}

function planBytesOf(plan: WasmPlan): number {
  return plan.headBytes + plan.taps.byteLength;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
