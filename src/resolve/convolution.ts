// SPDX-License-Identifier: MIT
import type { DType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkOneOf, type Names, readObject } from "../input/options.ts";
import type { Activation } from "../spec/activation.ts";
import { type Border, borders } from "../spec/border.ts";
import { type Accuracy, type Algorithm, accuracies, algorithms, type ConvSpec } from "../spec/convolution.ts";
import { type FilterLayout, filterLayouts, type InputLayout, inputLayouts } from "../spec/layout.ts";
import { outputSize } from "../spec/shape.ts";
import { type IntegerOptions, resolveElements } from "./elements.ts";
import { type Padding, type PerAxis, resolvePadding, resolvePerAxis } from "./shape.ts";

/** Options that describe a convolution; all are optional. Names follow WebNN. */
export interface ConvOptions {
  /** Step between neighbouring outputs. Default 1. */
  readonly strides?: PerAxis;
  /** Width of the padding, or a rule for it. Default 0. */
  readonly padding?: Padding;
  /** Distance between neighbouring kernel elements. Default 1. */
  readonly dilations?: PerAxis;
  /** Input channels are split into this many groups, each with its share of the output channels. Default 1. */
  readonly groups?: number;
  /** The order of the input's axes, and of the output's. Default "nchw". */
  readonly inputLayout?: InputLayout;
  /** The order of the weights' axes. Default "oihw". */
  readonly filterLayout?: FilterLayout;
  /** How padding is filled. Default "constant": zeros. */
  readonly border?: Border;
  /** The function applied to each output after the bias. Default "none". */
  readonly activation?: "relu" | "sigmoid" | "tanh" | "none" | Activation;
  /** Default "auto", which takes the algorithm expected to be fastest. */
  readonly algorithm?: Algorithm | "auto";
  /**
   * Default "fast". "exact" keeps "auto" from winograd. Winograd's root-mean-square error is up to 16 times that of the
   * other algorithms, and it spreads a NaN or infinity over the whole square of outputs computed together. Only "exact"
   * guarantees exact results for whole numbers whose sums stay below 2^24.
   */
  readonly accuracy?: Accuracy;
  /**
   * Default false. With "auto", the first plan of such a convolution times up to three promising algorithms, for at
   * least 60 ms and four runs of each, and takes the fastest. `tuning` exports and imports what was found.
   */
  readonly tune?: boolean;
}

/** No runtime's typed arrays hold more elements; larger outputs are refused before anything is prepared. */
export const mostElements = 2 ** 33;

const defaults: Required<Omit<ConvOptions, "algorithm" | "accuracy" | "tune">> = {
  strides: 1,
  padding: 0,
  dilations: 1,
  groups: 1,
  inputLayout: "nchw",
  filterLayout: "oihw",
  border: "constant",
  activation: "none",
};

/** The names of {@link ConvOptions}. */
export const convOptionNames: Names<ConvOptions> = {
  ...{ strides: true, padding: true, dilations: true, groups: true, inputLayout: true, filterLayout: true },
  ...{ border: true, activation: true, algorithm: true, accuracy: true, tune: true },
};

function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Checks the algorithm option. Throws INVALID_ARGUMENT. */
function resolveAlgorithm(value: unknown = "auto"): Algorithm | "auto" {
  return checkOneOf(value, ["auto", ...algorithms], "algorithm");
}

/** Checks the accuracy option. Throws INVALID_ARGUMENT. */
export function resolveAccuracy(value: unknown = "fast"): Accuracy {
  return checkOneOf(value, accuracies, "accuracy");
}

/** How the algorithm of a convolution is chosen. */
export interface AlgorithmChoice {
  readonly algorithm: Algorithm | "auto";
  readonly accuracy: Accuracy;
  /** Whether "auto" measures rather than estimates. */
  readonly tune: boolean;
}

/** Checks the options that choose an algorithm. Throws INVALID_ARGUMENT. */
export function resolveChoice(
  options: {
    readonly [K in keyof AlgorithmChoice]?: unknown;
  },
): AlgorithmChoice {
  const algorithm = resolveAlgorithm(options.algorithm);
  const accuracy = resolveAccuracy(options.accuracy);
  const { tune = false } = options;
  if (typeof tune !== "boolean") throw invalid("true or false", "tune", tune);
  return { algorithm, accuracy, tune };
}

/**
 * Resolves the shapes and options of a conv2d into the spec that backends take. A convolution's arguments are validated
 * nowhere else. Throws INVALID_ARGUMENT.
 *
 * @param inputShape in the order of `options.inputLayout`
 * @param weightsShape in the order of `options.filterLayout`
 * @param dtype of the input
 * @param kernel the name and shape that messages give for the weights
 * @param input the name and shape that messages give for the input
 */
export function resolveConvSpec(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  dtype: DType,
  options: ConvOptions & IntegerOptions & { readonly scale?: unknown },
  kernel: { readonly name: string; readonly shape: readonly number[] } = {
    name: "weights",
    shape: weightsShape,
  },
  input: { readonly name: string; readonly shape: readonly number[] } = {
    name: "x.shape",
    shape: inputShape,
  },
): ConvSpec {
  // Defaults replace undefined only: null is as wrong as any other value.
  const given = { ...defaults, ...defined(options) };
  const { groups, activation } = given;
  const inputLayout = checkOneOf(given.inputLayout, inputLayouts, "inputLayout");
  const filterLayout = checkOneOf(given.filterLayout, filterLayouts, "filterLayout");
  const border = checkOneOf(given.border, borders, "border");
  const axis = (layout: string, letter: string, shape: readonly number[]) => shape[layout.indexOf(letter)];
  const batch = axis(inputLayout, "n", inputShape);
  const inChannels = axis(inputLayout, "c", inputShape);
  const inHeight = axis(inputLayout, "h", inputShape);
  const inWidth = axis(inputLayout, "w", inputShape);
  const outChannels = axis(filterLayout, "o", weightsShape);
  const groupChannels = axis(filterLayout, "i", weightsShape);
  const kernelHeight = axis(filterLayout, "h", weightsShape);
  const kernelWidth = axis(filterLayout, "w", weightsShape);
  for (const size of [inChannels, inHeight, inWidth]) {
    if (size < 1) {
      const where = input.shape.length === 2 ? "" : " after the batch";
      throw invalid(`sizes of at least 1${where}`, input.name, input.shape);
    }
  }
  for (const size of weightsShape) {
    if (size < 1) throw invalid("sizes of at least 1", kernel.name, kernel.shape);
  }
  if (!Number.isInteger(groups) || groups < 1 || inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw invalid(
      `a positive integer that divides ${inChannels} input and ${outChannels} output channels`,
      "groups",
      groups,
    );
  }
  if (groupChannels * groups !== inChannels) {
    throw invalid(
      `${inChannels / groups} input channels (${inChannels} / ${groups} groups)`,
      `weights.shape (${filterLayout})`,
      weightsShape,
    );
  }
  const strides = resolvePerAxis(given.strides, "strides");
  const dilations = resolvePerAxis(given.dilations, "dilations");
  const padding = resolvePadding(
    given.padding,
    [inHeight, inWidth],
    [kernelHeight, kernelWidth],
    strides,
    dilations,
  );
  const outHeight = outputSize(inHeight, kernelHeight, strides[0], dilations[0], [padding[0], padding[1]]);
  const outWidth = outputSize(inWidth, kernelWidth, strides[1], dilations[1], [padding[2], padding[3]]);
  if (outHeight < 1 || outWidth < 1) {
    throw invalid(
      `a kernel that fits into the padded input (${inHeight + padding[0] + padding[1]} x ${inWidth + padding[2] + padding[3]})`,
      `${kernel.name} with its dilations`,
      kernel.shape,
    );
  }
  for (const size of [
    outHeight,
    outWidth,
    inHeight + padding[0] + padding[1],
    inWidth + padding[2] + padding[3],
  ]) {
    if (size > 0x7fffffff) throw invalid("padded sizes of at most 2147483647", "padding", given.padding);
  }
  if (batch * outChannels * outHeight * outWidth > mostElements) {
    throw invalid(
      `an output of at most ${mostElements} elements`,
      "the shapes and options",
      `one of ${batch} x ${outChannels} x ${outHeight} x ${outWidth}`,
    );
  }
  const applied = resolveActivation(activation);
  return {
    ...resolveElements(dtype, options, applied, options.scale),
    batch,
    inChannels,
    inHeight,
    inWidth,
    outChannels,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    strides,
    padding,
    dilations,
    groups,
    border,
    inputLayout,
    activation: applied,
  };
}

function resolveActivation(activation: NonNullable<ConvOptions["activation"]>): Activation {
  if (typeof activation !== "string" && (typeof activation !== "object" || activation === null)) {
    throw invalid("a name or an object with a kind", "activation", activation);
  }
  const given = typeof activation === "string" ? { kind: activation } : { ...activation };
  const kind = checkOneOf(
    given.kind,
    ["none", "relu", "leakyRelu", "clamp", "sigmoid", "tanh"],
    typeof activation === "string" ? "activation" : "activation.kind",
  );
  const own = { leakyRelu: { alpha: true }, clamp: { min: true, max: true } } as const;
  readObject<object>(given, "activation", { kind: true }, own[kind as keyof typeof own] ?? {});
  if (kind === "leakyRelu") {
    const { alpha } = given as { alpha: unknown };
    if (typeof alpha !== "number") throw invalid("a number", "activation.alpha", alpha);
    return { kind, alpha };
  }
  if (kind === "clamp") {
    const { min, max } = given as { min: unknown; max: unknown };
    if (typeof min !== "number" || Number.isNaN(min)) throw invalid("a number", "activation.min", min);
    if (typeof max !== "number" || !(min <= max))
      throw invalid(`a number >= min (${min})`, "activation.max", max);
    return { kind, min, max };
  }
  return { kind };
}
