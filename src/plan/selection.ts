// SPDX-License-Identifier: MIT

import type { Backend } from "../backend/backend.ts";
import { Corr2dError } from "../errors.ts";
import {
  type Accuracy,
  type Algorithm,
  algorithms,
  type ConvSpec,
  multiplyAdds,
} from "../spec/convolution.ts";

/** An algorithm, and why it was chosen. */
export interface Selection {
  readonly algorithm: Algorithm;
  readonly reason: string;
}

const supports = (backend: Backend, spec: ConvSpec, algorithm: Algorithm): boolean =>
  backend.supports({ kind: "conv", spec, algorithm });

/**
 * Selects the algorithm that was asked for. Throws UNSUPPORTED if the backend lacks it for this spec, and
 * BACKEND_FAILED if the data do not fit into its memory.
 */
export function selectNamed(backend: Backend, spec: ConvSpec, algorithm: Algorithm): Selection {
  if (!supports(backend, spec, algorithm)) {
    if (!algorithms.some((other) => supports(backend, spec, other))) throw tooLarge(backend);
    throw new Corr2dError(
      "UNSUPPORTED",
      `The ${backend.name} backend has no "${algorithm}" for this convolution of ${spec.dtype}`,
    );
  }
  return { algorithm, reason: "asked for" };
}

/** A backend computes every convolution that fits into its memory, so a lack of algorithms means a lack of memory. */
function tooLarge({ name }: Backend): Corr2dError {
  return new Corr2dError("BACKEND_FAILED", `The ${name} backend cannot hold data of this size`);
}

/** The algorithms that the backend has for this spec, the most promising by {@link estimates} first. */
export function candidates(backend: Backend, spec: ConvSpec, accuracy: Accuracy): Algorithm[] {
  const width = vectorWidth(backend.isa, spec);
  return algorithms
    .filter(
      (algorithm) =>
        supports(backend, spec, algorithm) && !(algorithm === "winograd" && accuracy === "exact"),
    )
    .map((algorithm) => ({ algorithm, cost: estimates[algorithm](spec, width, backend).cost }))
    .sort((a, b) => a.cost - b.cost)
    .map(({ algorithm }) => algorithm);
}

/**
 * Selects the algorithm expected to be fastest. Throws BACKEND_FAILED if the data do not fit into the backend's memory.
 */
export function selectFastest(backend: Backend, spec: ConvSpec, accuracy: Accuracy): Selection {
  const [algorithm] = candidates(backend, spec, accuracy);
  if (algorithm === undefined) {
    throw tooLarge(backend);
  }
  const { cost, why } = estimates[algorithm](spec, vectorWidth(backend.isa, spec), backend);
  const share = Math.round((100 * multiplyAdds(spec)) / cost);
  return { algorithm, reason: `${why}; expected at ${share} % of the multiplier's peak` };
}

/** Bytes of a vector register by ISA; the others have 16. */
const vectorBytes: Readonly<Record<string, number>> = {
  "avx512-vnni": 64,
  avx512: 64,
  avx2: 32,
  javascript: 8,
};

/** Elements in a vector register; integers are summed in 32 bits. */
function vectorWidth(isa: string, { dtype }: ConvSpec): number {
  return (vectorBytes[isa] ?? 16) / (dtype === "float64" ? 8 : 4);
}

interface Estimate {
  /** Multiply-adds that the processor's peak rate would do in the same time. */
  readonly cost: number;
  readonly why: string;
}

/** The share of whole vectors or tiles of `unit` elements that `count` elements fill. */
const filled = (count: number, unit: number): number => count / (Math.ceil(count / unit) * unit);

/**
 * The cost of each algorithm, measured on Zen 5 for layers of 1 to 512 channels and 7 to 224 pixels. Only the order of
 * the results matters. On those layers it is right, or the choice takes less than 15 % more time than the best.
 */
const estimates: Record<Algorithm, (spec: ConvSpec, width: number, backend: Backend) => Estimate> = {
  direct(spec, width, backend) {
    const rows = isPointwise(spec) ? spec.outHeight * spec.outWidth : spec.outWidth;
    const peak = isWebAssembly(backend) ? 0.68 : readsFar(backend, spec) ? 0.6 : 0.85;
    const efficiency = peak * filled(rows, width) * sharing(spec) * planar(spec);
    return { cost: multiplyAdds(spec) / efficiency, why: "pixels of a row fill the vectors" };
  },
  im2col(spec, width, backend) {
    const pixels = spec.outHeight * spec.outWidth;
    // Each gathered element of a patch serves all output channels of a group.
    const gathering = groupOut(spec) / (groupOut(spec) + (isWebAssembly(backend) ? 3 : 10));
    const efficiency = 0.85 * filled(pixels, width) * sharing(spec) * gathering * planar(spec);
    return {
      cost: multiplyAdds(spec) / efficiency,
      why: "rows are too short for vectors, so they are joined",
    };
  },
  strided(spec, width, backend) {
    const lanes = Math.max(filled(groupOut(spec), 2 * width), 0.85 * filled(groupOut(spec), width));
    // Starting, transposing and storing a tile's sums takes the time of 32 products.
    const depth = (spec.inChannels / spec.groups) * spec.kernelHeight * spec.kernelWidth;
    const peak = isWebAssembly(backend) ? 0.72 : readsFar(backend, spec) ? 0.64 : 0.98;
    const efficiency = peak * lanes * (depth / (depth + 32));
    return { cost: multiplyAdds(spec) / efficiency, why: "output channels fill the vectors" };
  },
  winograd(spec, width) {
    const cost = Math.min(winogradCost(spec, width, 4), winogradCost(spec, width, 2));
    return { cost, why: "a 3x3 kernel at stride 1 takes fewer multiplications this way" };
  },
  depthwise(spec, width, backend) {
    // Output channels share nothing, but each loaded row serves all rows of the kernel. Native vectors of four elements
    // have no masked loads and spend their time at the edges.
    const efficiency =
      (width >= 8 || (isWebAssembly(backend) && spec.kernelHeight === 3) ? 0.6 : 0.3) *
      (spec.strides[0] === 1 ? 1 : 0.8) *
      filled(spec.outWidth, width);
    return { cost: multiplyAdds(spec) / efficiency, why: "each output channel reads one input channel" };
  },
};

/**
 * Registers and instructions limit WebAssembly, and packed pixels have the largest tiles and the shortest loops. On
 * Cascade Lake, from 16 output channels on, direct reaches 0.6 to 0.95 of the speed of im2col, and strided 0.5 to 0.95.
 */
const isWebAssembly = ({ name }: Backend): boolean => name === "wasm";

/**
 * Whether channels are read from planes as they lie, on a processor where that is slow. On Cascade Lake with AVX-512
 * and AVX2, 1x1 layers of at least 14 x 14 pixels and 32 output channels take direct 1.1 to 2 times, and strided 1.1 to
 * 2.1 times, as long as im2col.
 */
const readsFar = ({ prefersPacked = false }: Backend, { padding, inputLayout }: ConvSpec): boolean =>
  prefersPacked && inputLayout === "nchw" && padding.every((pad) => pad === 0);

const groupOut = (spec: ConvSpec): number => spec.outChannels / spec.groups;

/** Efficiency by how often a loaded pixel is used: once for each of up to 8 output channels. */
function sharing(spec: ConvSpec): number {
  const outputs = Math.min(groupOut(spec), 8);
  return (outputs / (outputs + 1.5)) * (9.5 / 8);
}

/** Channels-last input is sorted into planes first. */
const planar = ({ inputLayout }: ConvSpec): number => (inputLayout === "nchw" ? 1 : 0.5);

function isPointwise({ kernelHeight, kernelWidth, strides, padding }: ConvSpec): boolean {
  return (
    kernelHeight * kernelWidth === 1 && strides[0] * strides[1] === 1 && padding.every((pad) => pad === 0)
  );
}

/**
 * Sums the products, the transforms of inputs and outputs, and the loads of transformed weights, for squares of `size`.
 */
function winogradCost(spec: ConvSpec, width: number, size: number): number {
  const across = Math.ceil(spec.outWidth / size);
  const squares = spec.batch * Math.ceil(spec.outHeight / size) * across;
  const positions = (size + 2) ** 2;
  const inputs = spec.inChannels / filled(across, Math.min(width, across * 2));
  const outputs = spec.outChannels / filled(groupOut(spec), width);
  const products = (positions * spec.inChannels * groupOut(spec)) / filled(groupOut(spec), width);
  const transforms = positions * (8 * inputs + 20 * outputs);
  // The other algorithms load 9 weights where this one loads `positions`.
  const weights = weightCost * (positions - 9) * spec.inChannels * groupOut(spec);
  return squares * (products + transforms) + weights;
}

/** Multiply-adds in the time that a weight takes to come from memory; native/blocking.cc counts the same. */
const weightCost = 8;
