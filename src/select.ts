// SPDX-License-Identifier: MIT
import type { Backend } from "./backend/backend.ts";
import { Corr2dError } from "./errors.ts";
import type { Algorithm, ConvSpec } from "./spec.ts";

/** An algorithm, and why it was taken. */
export interface Selection {
  readonly algorithm: Algorithm;
  readonly reason: string;
}

/** The algorithm asked for. Throws UNSUPPORTED where the backend does not have it for this spec. */
export function selectNamed(backend: Backend, spec: ConvSpec, algorithm: Algorithm): Selection {
  if (!backend.supports(spec, algorithm)) {
    throw new Corr2dError(
      "UNSUPPORTED",
      `The ${backend.name} backend has no "${algorithm}" for this convolution`,
    );
  }
  return { algorithm, reason: "asked for" };
}

/** The algorithm expected to be fastest; the first rule that fits wins. */
export function selectFastest(spec: ConvSpec): Selection {
  const groupOut = spec.outChannels / spec.groups;
  if (groupOut < 8) {
    return {
      algorithm: "direct",
      reason: "few output channels share a patch, so gathering it would not pay",
    };
  }
  return { algorithm: "im2col", reason: "each gathered patch serves many output channels" };
}
