// SPDX-License-Identifier: MIT
// How operators on windows are called: at once, or off the event loop.
import { copyOf, takeOver } from "../arrays.ts";
import type { Backend } from "../backend/backend.ts";
import type { WindowOperator, WindowTask } from "../backend/operators.ts";
import type { EngineCore } from "../core.ts";
import { dtypeOf, type FloatArray } from "../dtype.ts";
import { allocateOutput, outputTensor } from "../output.ts";
import { type AsyncOptions, backendFailure, checkSignal, type RunOptions } from "../plan.ts";
import { readOptions } from "../resolve.ts";
import { AllocatedTensor, elementCount, Tensor, type TensorLike } from "../tensor.ts";

/** An operator with its operands and everything resolved. */
export interface Windowed {
  readonly operands: readonly TensorLike[];
  readonly outShape: readonly number[];
  /**
   * What is done, one after the other, each step reading an array at most once; the last writes `output`.
   *
   * @param operands the elements of the operands, or copies of them
   */
  steps(operands: readonly FloatArray[], output: FloatArray): Iterable<WindowStep>;
}

export interface WindowStep {
  readonly operator: WindowOperator;
  readonly inputs: readonly FloatArray[];
  readonly output: FloatArray;
}

/** Calls what `resolve` makes of the operator's own options, whose names these are. */
export function runWindowed<O extends object>(
  core: EngineCore,
  names: readonly string[],
  options: (O & RunOptions) | undefined,
  resolve: (given: O) => Windowed,
): Tensor {
  core.assertOpen();
  const { out, ...given } = readOptions<RunOptions>(options, [...names, "out"]);
  const windowed = resolve(given as O);
  const { operands, outShape } = windowed;
  const inputs = operands.map(({ data }) => data);
  const output = outputTensor(out, dtypeOf(inputs[0], "x.data"), outShape, inputs);
  if (elementCount(outShape) === 0) return output;
  for (const step of windowed.steps(inputs, output.data)) {
    const backend = backendFor(core, step.operator.task);
    try {
      backend.runWindows(step.operator, step.inputs, step.output);
    } catch (cause) {
      throw backendFailure(backend.name, cause);
    }
  }
  return output;
}

/** The same without blocking the event loop, on a snapshot of the operands. */
export async function runWindowedAsync<O extends object>(
  core: EngineCore,
  names: readonly string[],
  options: (O & RunOptions & AsyncOptions) | undefined,
  resolve: (given: O) => Windowed,
): Promise<Tensor> {
  core.assertOpen();
  const known = [...names, "out", "signal", "transfer"];
  const { out, signal, transfer = false, ...given } = readOptions<RunOptions & AsyncOptions>(options, known);
  checkSignal(signal);
  signal?.throwIfAborted();
  const windowed = resolve(given as O);
  const { operands, outShape } = windowed;
  const dtype = dtypeOf(operands[0].data, "x.data");
  if (out !== undefined) outputTensor(out, dtype, outShape, []);
  // All arrays are private: no script can detach or resize them while other threads use them.
  const inputs = transfer ? takeOverAll(operands) : operands.map(({ data }) => copyOf(data));
  const output = allocateOutput(dtype, elementCount(outShape));
  if (output.length > 0) {
    for (const step of windowed.steps(inputs, output)) {
      const backend = backendFor(core, step.operator.task);
      try {
        await backend.runWindowsAsync(step.operator, step.inputs, step.output, signal);
      } catch (cause) {
        throw signal?.aborted ? cause : backendFailure(backend.name, cause);
      }
    }
  }
  if (out === undefined) return new Tensor(output, outShape);
  const target = outputTensor(out, dtype, outShape, []);
  target.data.set(output);
  return target;
}

/** An operand whose memory is another's too, or an engine's, is copied. */
function takeOverAll(operands: readonly TensorLike[]): FloatArray[] {
  const copies = operands.map((operand) => {
    const { data } = operand;
    const isShared = operands.some((other) => other !== operand && other.data.buffer === data.buffer);
    return operand instanceof AllocatedTensor || isShared ? copyOf(data) : undefined;
  });
  return operands.map(({ data }, i) => copies[i] ?? takeOver(data));
}

/** Little work is done in TypeScript, as that of convolutions. */
function backendFor(core: EngineCore, { kind, spec }: WindowTask): Backend {
  const { outHeight, outWidth, kernelHeight, kernelWidth } = spec;
  const pixels =
    kind === "pool" || kind === "poolGrad" ? spec.batch * spec.channels : spec.planes * spec.depth;
  const elements = pixels * outHeight * outWidth * kernelHeight * kernelWidth;
  return elements < core.smallBelow ? core.small() : core.backend;
}
