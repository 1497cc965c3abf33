// SPDX-License-Identifier: MIT
// What plans of convolutions of all element types share.

import type { Activation } from "../../spec/activation.ts";
import type { InputLayout } from "../../spec/layout.ts";
import { type Steps, stepsOf } from "../../spec/layout.ts";
import type { Bands } from "./bands.ts";
import type { ConvModule } from "./modules.ts";

/** Bytes that must be readable after input, output and strip: tiles read whole vectors. */
export const slackBytes = 512;

/** Output channels that a vector load of the bias may reach beyond the last. */
export const biasSlack = 4;

/** Sizes of the head of the workspace, as in assembly/convolution/plan.ts. */
export const frameBytes = 256;
export const scratchBytes = 192;

/** What assembly/ is told about a convolution, but for the addresses. */
export interface WasmPlan {
  /** What computes it. */
  readonly module: ConvModule;
  /** The fields of the class in AssemblyScript, in its order, between the limits and the addresses. */
  readonly fields: Readonly<Record<string, number>>;
  /** The addresses that end it, in its order. */
  readonly addresses: readonly (keyof Addresses)[];
  /** The three numbers that come first there. */
  readonly limits: readonly [low: number, high: number, alpha: number];
  /** Bytes of the fields, after which the taps can lie. */
  readonly headBytes: number;
  readonly taps: Int32Array;
  readonly weightBytes: number;
  readonly biasBytes: number;
  readonly workspaceBytes: number;
  readonly bands: Bands;
  /** Of the buffers that hold a band. */
  readonly input: Steps;
  readonly output: Steps;
}

/** Where the parts of a head lie. */
export interface Addresses {
  readonly taps: number;
  readonly weights: number;
  readonly bias: number;
  /** As many zeros as there are biases. */
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

/** {@link stepsOf} in bytes. */
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
