// SPDX-License-Identifier: MIT

import { dtypeOf } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkArity } from "../options.ts";
import { sameShape } from "../output.ts";
import { checkModel, type Layer } from "./layer.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

/**
 * The parameters of a model as a safetensors file. A Sequential's have the names and shapes of PyTorch's:
 * `load_state_dict(safetensors.torch.load_file(path))` of the same layers takes them there.
 */
export function save(model: Layer): Uint8Array<ArrayBuffer> {
  checkArity("save", arguments.length, 1);
  checkModel(model);
  return writeSafetensors(model.parameters.map(({ name, value }) => [name, value]));
}

/**
 * Sets the parameters of a model to those of a safetensors file. Throws INVALID_ARGUMENT, and changes nothing, for a file
 * that is malformed, or whose tensors are not just those of the model: names, shapes and element types.
 */
export function load(model: Layer, file: Uint8Array): void {
  checkArity("load", arguments.length, 2);
  checkModel(model);
  const { tensors } = readSafetensors(file);
  const known = new Set(model.parameters.map(({ name }) => name));
  for (const name of tensors.keys()) {
    if (!known.has(name)) throw invalid(`one of ${[...known].join(", ")}`, "the name of a tensor", name);
  }
  const found = model.parameters.map(({ name, value }) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw invalid(`a tensor ${name}`, "the file", "one without it");
    if (!sameShape(tensor.shape, value.shape)) {
      throw invalid(`[${value.shape.join(", ")}]`, `the shape of ${name}`, tensor.shape);
    }
    const dtype = dtypeOf(value.data, name);
    if (dtypeOf(tensor.data, name) !== dtype) throw invalid(`${dtype} elements`, name, tensor.data);
    return tensor.data;
  });
  model.parameters.forEach(({ value }, i) => {
    value.data.set(found[i]);
  });
}
