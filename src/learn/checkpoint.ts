// SPDX-License-Identifier: MIT

import { dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import { sameShape } from "../plan/output.ts";
import { checkModel, type Layer, type Parameter } from "./layer.ts";
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from "./safetensors.ts";

/**
 * Writes the parameters of a model as a safetensors file. A Sequential's have PyTorch's names and shapes, so
 * `load_state_dict(safetensors.torch.load_file(path))` of the same layers reads them. Throws INVALID_ARGUMENT.
 */
export function save(model: Layer): Uint8Array<ArrayBuffer> {
  checkArity("save", arguments.length, 1);
  checkModel(model);
  return writeSafetensors(model.parameters.map(({ name, value }) => [name, value]));
}

export interface LoadOptions {
  /**
   * Reads only the tensors whose names begin with this text; the rest of the name is that of a parameter. With
   * "features.0.", the tensor "features.0.weight" is the "weight" of a Conv2d. Default "", which reads all tensors.
   */
  readonly prefix?: string;
  /**
   * Ignores tensors that the model has no parameter for, such as BatchNorm's counts. Default false, which refuses them.
   */
  readonly ignoreUnexpected?: boolean;
}

const loadOptionNames: Names<LoadOptions> = { prefix: true, ignoreUnexpected: true };

/**
 * Sets the parameters of a model to those of a safetensors file. Float32 parameters can be stored as F16, BF16 or F8
 * too, which changes no number.
 *
 * Throws INVALID_ARGUMENT, and changes nothing, if the file is malformed, or if its tensors differ from the model's
 * parameters in names, shapes or element types.
 */
export function load(model: Layer, file: Uint8Array, options?: LoadOptions): void {
  checkArity("load", arguments.length, 3);
  checkModel(model);
  const { prefix = "", ignoreUnexpected = false } = readOptions(options, loadOptionNames);
  if (typeof prefix !== "string") throw invalid("a text", "prefix", prefix);
  if (typeof ignoreUnexpected !== "boolean")
    throw invalid("true or false", "ignoreUnexpected", ignoreUnexpected);
  const { tensors } = readSafetensors(file, { widen: true });
  if (!ignoreUnexpected) checkNames(tensors.keys(), model.parameters, prefix);
  const found = model.parameters.map((parameter) => {
    const name = prefix + parameter.name;
    const tensor = tensors.get(name);
    if (tensor === undefined) throw invalid(`a tensor ${name}`, "the file", "one without it");
    return elementsFor(parameter, tensor, name);
  });
  model.parameters.forEach(({ value }, i) => {
    value.data.set(found[i]);
  });
}

/** Throws INVALID_ARGUMENT for a name that begins with `prefix` but names no parameter. */
function checkNames(names: Iterable<string>, parameters: readonly Parameter[], prefix: string): void {
  const known = new Set(parameters.map(({ name }) => prefix + name));
  for (const name of names) {
    if (name.startsWith(prefix) && !known.has(name)) {
      throw invalid(`one of ${[...known].join(", ")}`, "the name of a tensor", name);
    }
  }
}

const storedNames: Readonly<Record<FloatDType, string>> = { float32: "F32", float64: "F64" };

function elementsFor({ value }: Parameter, tensor: SafetensorsTensor, name: string): FloatArray {
  if (!sameShape(tensor.shape, value.shape)) {
    throw invalid(`[${value.shape.join(", ")}]`, `the shape of ${name}`, tensor.shape);
  }
  const dtype = dtypeOf(value.data, name);
  if (tensor.dtype !== storedNames[dtype]) throw invalid(`${dtype} elements`, name, tensor.data);
  return tensor.data as FloatArray;
}
