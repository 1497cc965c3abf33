// SPDX-License-Identifier: MIT
// The gradient of weights by the convolutions that a backend has anyway.
import { allocate, type FloatArray, type FloatDType } from "../dtype.ts";
import { selectFastest } from "../select.ts";
import type { ConvSpec } from "../spec.ts";
import type { Backend, PreparedConv, PreparedGradWeights } from "./backend.ts";

/**
 * With batch and channels exchanged, the gradient is itself a convolution, of the input [inChannels, batch, height,
 * width] with gradOutput as kernels [outChannels, batch, outHeight, outWidth]:
 *
 *   gradWeights[oc, ic, ky, kx] = sum over n, oy, ox of
 *       gradOutput[n, oc, oy, ox] * padded[n, ic, oy * strideY + ky * dilationY, ox * strideX + kx * dilationX]
 *
 * The strides of the one are the dilations of the other. Groups are convolutions of their own.
 */
export function gradWeightsByConv(backend: Backend, spec: ConvSpec): PreparedGradWeights {
  const correlation = correlationOf(spec);
  const { algorithm } = selectFastest(backend, correlation, "exact");
  const prepareGroup = (gradOutput: FloatArray, group: number): PreparedConv =>
    backend.prepare(correlation, algorithm, kernelsOf(spec, gradOutput, group), null, null);
  return {
    run(input, gradOutput, gradWeights) {
      for (let group = 0; group < spec.groups; group++) {
        const prepared = prepareGroup(gradOutput, group);
        try {
          const output = outputOf(spec);
          prepared.run(imagesOf(spec, input, group), output);
          storeGroup(spec, output, group, gradWeights);
        } finally {
          prepared.dispose();
        }
      }
    },
    async runAsync(input, gradOutput, gradWeights, signal) {
      for (let group = 0; group < spec.groups; group++) {
        const prepared = prepareGroup(gradOutput, group);
        try {
          const output = outputOf(spec);
          await prepared.runAsync(imagesOf(spec, input, group), output, signal);
          storeGroup(spec, output, group, gradWeights);
        } finally {
          prepared.dispose();
        }
      }
    },
    dispose: () => {},
  };
}

function correlationOf(spec: ConvSpec): ConvSpec {
  return {
    ...spec,
    batch: spec.inChannels / spec.groups,
    inChannels: spec.batch,
    outChannels: spec.outChannels / spec.groups,
    outHeight: spec.kernelHeight,
    outWidth: spec.kernelWidth,
    kernelHeight: spec.outHeight,
    kernelWidth: spec.outWidth,
    strides: spec.dilations,
    dilations: spec.strides,
    groups: 1,
    inputLayout: "nchw",
    activation: { kind: "none" },
  };
}

/** The channels of one group as images: [inChannels / groups, batch, inHeight, inWidth]. */
function imagesOf(spec: ConvSpec, input: FloatArray, group: number): FloatArray {
  return exchange(spec, input, spec.inChannels, spec.inHeight * spec.inWidth, group);
}

/** gradOutput of one group as kernels: [outChannels / groups, batch, outHeight, outWidth]. */
function kernelsOf(spec: ConvSpec, gradOutput: FloatArray, group: number): FloatArray {
  return exchange(spec, gradOutput, spec.outChannels, spec.outHeight * spec.outWidth, group);
}

/** One group's channels of a tensor [batch, channels, pixels], or channels last, as [channels, batch, pixels]. */
function exchange(
  { batch, groups, dtype, inputLayout }: ConvSpec,
  from: FloatArray,
  channels: number,
  pixels: number,
  group: number,
): FloatArray {
  const groupChannels = channels / groups;
  const first = group * groupChannels;
  const to = allocate(dtype as FloatDType, groupChannels * batch * pixels);
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < groupChannels; c++) {
      const at = (c * batch + n) * pixels;
      if (inputLayout === "nchw") {
        const plane = (n * channels + first + c) * pixels;
        to.set(from.subarray(plane, plane + pixels), at);
      } else {
        const start = n * pixels * channels + first + c;
        for (let i = 0; i < pixels; i++) to[at + i] = from[start + i * channels];
      }
    }
  }
  return to;
}

const outputOf = ({ dtype, inChannels, outChannels, groups, kernelHeight, kernelWidth }: ConvSpec) =>
  allocate(dtype as FloatDType, (inChannels / groups) * (outChannels / groups) * kernelHeight * kernelWidth);

/** [inChannels / groups, outChannels / groups, kernel elements] into the group's part of OIHW. */
function storeGroup(spec: ConvSpec, output: FloatArray, group: number, gradWeights: FloatArray): void {
  const groupIn = spec.inChannels / spec.groups;
  const groupOut = spec.outChannels / spec.groups;
  const taps = spec.kernelHeight * spec.kernelWidth;
  for (let oc = 0, to = group * groupOut * groupIn * taps; oc < groupOut; oc++) {
    for (let ic = 0; ic < groupIn; ic++) {
      for (let k = 0, from = (ic * groupOut + oc) * taps; k < taps; k++) gradWeights[to++] = output[from++];
    }
  }
}
