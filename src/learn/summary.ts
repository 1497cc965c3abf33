// SPDX-License-Identifier: MIT
import { formatTable } from "../arithmetic/text-table.ts";
import { checkArity } from "../input/options.ts";
import { checkShape, elementCount } from "../tensor.ts";
import { checkModel, type Layer } from "./layer.ts";
import { Sequential } from "./sequential.ts";

/**
 * Describes a model as a table in text. For each layer, and as sums, it gives the shape of the output, the parameters,
 * and the floating-point operations, 2 for each multiply-add with a weight. The text may change between versions.
 *
 * Throws INVALID_ARGUMENT for an input that the model does not take.
 */
export function summary(model: Layer, inputShape: readonly number[]): string {
  checkArity("summary", arguments.length, 2);
  checkModel(model);
  let shape = checkShape(inputShape, "inputShape");
  const rows = [["layer", "output shape", "parameters", "FLOPs"]];
  for (const layer of layersOf(model)) {
    const flops = layer.flops(shape);
    shape = layer.outputShape(shape);
    rows.push([layer.name, `[${shape.join(", ")}]`, group(parametersOf(layer)), group(flops)]);
  }
  rows.push(["total", "", group(parametersOf(model)), group(model.flops(inputShape))]);
  return formatTable(rows, [2, 3]);
}

/** Lists the layers that do the work, in order. */
function layersOf(model: Layer): Layer[] {
  return model instanceof Sequential ? model.layers.flatMap(layersOf) : [model];
}

function parametersOf({ parameters }: Layer): number {
  return parameters.reduce((sum, { value }) => sum + elementCount(value.shape), 0);
}

/** Formats 61706 as "61 706". */
function group(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}
