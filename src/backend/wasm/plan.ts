// SPDX-License-Identifier: MIT
// The parts that plans of convolutions of all element types share.

import type { Activation } from "../../spec/activation.ts";
import type { InputLayout } from "../../spec/layout.ts";
import { type Steps, stepsOf } from "../../spec/layout.ts";
import type { Bands } from "./bands.ts";
import type { ConvModule } from "./modules.ts";

/** Bytes that must be readable after input, output and strip, as tiles read whole vectors. */
export const slackBytes = 512;

/** Output channels that a vector load of the bias may reach beyond the last. */
export const biasSlack = 4;

/** Bytes at the head of the workspace, as in assembly/convolution/plan.ts. */
export const frameBytes = 256;
export const scratchBytes = 192;

/** A convolution's layout for assembly/, without addresses. */
export interface WasmPlan {
  /** The module that computes it. */
  readonly module: ConvModule;
  /** The fields of the class in AssemblyScript, in its order, between limits and addresses. */
  readonly fields: Readonly<Record<string, number>>;
  /** The addresses that end the class, in its order. */
  readonly addresses: readonly (keyof Addresses)[];
  /** The three numbers that begin the class. */
  readonly limits: readonly [low: number, high: number, alpha: number];
  /** Bytes of limits, fields and addresses; the taps may follow. */
  readonly headBytes: number;
  readonly taps: Int32Array;
  readonly weightBytes: number;
  readonly biasBytes: number;
  readonly workspaceBytes: number;
  readonly bands: Bands;
  /** Byte steps of the buffers that hold a band. */
  readonly input: Steps;
  readonly output: Steps;
}

/** The addresses of a head's parts. */
export interface Addresses {
  readonly taps: number;
  readonly weights: number;
  readonly bias: number;
  /** The address of as many zeros as there are biases. */
  readonly zeros: number;
  readonly scale: number;
}

/** Writes a plan whose parts lie at the given addresses. */
export function writePlan(
  plan: WasmPlan,
  at: number,
  addresses: Addresses,
  float64: Float64Array,
  int32: Int32Array,
): void {
  float64.set(plan.limits, at / 8);
  let to = at / 4 + 6;
  for (const value of Object.values(plan.fields)) int32[to++] = value;
  for (const name of plan.addresses) int32[to++] = addresses[name];
  int32.set(plan.taps, addresses.taps / 4);
}

/** Returns {@link stepsOf} in bytes. */
export function byteStepsOf(
  layout: InputLayout,
  channels: number,
  height: number,
  width: number,
  e: number,
): Steps {
  const { batch, channel, row, column } = stepsOf(layout, channels, height, width);
  return { batch: batch * e, channel: channel * e, row: row * e, column: column * e };
}

export function activationCode(activation: Activation): number {
  const codes = { none: 0, relu: 0, clamp: 0, leakyRelu: 1, sigmoid: 2, tanh: 3 };
  return codes[activation.kind];
}

export function limitsOf(activation: Activation): WasmPlan["limits"] {
  if (activation.kind === "clamp") return [activation.min, activation.max, 0];
  if (activation.kind === "leakyRelu") return [-Infinity, Infinity, activation.alpha];
  return [activation.kind === "relu" ? 0 : -Infinity, Infinity, 0];
}
