// SPDX-License-Identifier: MIT
// ONNX models of one node, in as much of the protobuf encoding as that takes. Field numbers are those of
// onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
import type { Layer, Pooling } from "../problems.ts";

/** A protobuf message, or the value of a field. */
type Bytes = Uint8Array;

const concatenate = (parts: readonly Bytes[]): Bytes => new Uint8Array(Buffer.concat(parts));

/** Seven bits in a byte, the lowest first; the top bit says that more follow. */
function varint(value: number): Bytes {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Uint8Array.of(...bytes, value);
}

/** A field with a number (wire type 0), or with text or a message (wire type 2). */
function field(id: number, value: number | string | Bytes): Bytes {
  if (typeof value === "number") return concatenate([varint(id * 8), varint(value)]);
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return concatenate([varint(id * 8 + 2), varint(bytes.length), bytes]);
}

/** A message of fields; a list of values is the field once for each. */
function message(
  ...fields: [id: number, value: number | string | Bytes | readonly (number | Bytes)[]][]
): Bytes {
  return concatenate(
    fields.flatMap(([id, value]) =>
      Array.isArray(value) ? value.map((item) => field(id, item)) : [field(id, value as Bytes)],
    ),
  );
}

const float = 1; // TensorProto.DataType
const attributeInt = 2; // AttributeProto.AttributeType
const attributeInts = 7;

function attribute(name: string, value: number | readonly number[]): Bytes {
  if (typeof value === "number") return message([1, name], [3, value], [20, attributeInt]);
  return message([1, name], [8, value], [20, attributeInts]);
}

function valueInfo(name: string, shape: readonly number[]): Bytes {
  const dimensions = message([1, shape.map((size) => message([1, size]))]);
  return message([1, name], [2, message([1, message([1, float], [2, dimensions])])]);
}

/** A graph of one node from "x" to "y", with the initializers (TensorProto) that it names. */
function modelOf(
  node: Bytes,
  initializers: readonly Bytes[],
  inputShape: readonly number[],
  outputShape: readonly number[],
): Bytes {
  const graph = message(
    [1, node],
    [2, "graph"],
    [5, initializers],
    [11, valueInfo("x", inputShape)],
    [12, valueInfo("y", outputShape)],
  );
  const irVersion = 7;
  const operatorSet = message([1, ""], [2, 13]);
  return message([1, irVersion], [8, operatorSet], [7, graph]);
}

/** Weights are constants of the model. */
export function convModel(layer: Layer, weights: Float32Array, outputShape: readonly number[]): Bytes {
  const { inputShape, weightsShape, options } = layer;
  const { strides, padding, groups } = options;
  const attributes = [
    attribute("kernel_shape", weightsShape.slice(2)),
    attribute("strides", [strides, strides]),
    attribute("pads", [padding, padding, padding, padding]),
    attribute("group", groups),
  ];
  const node = message([1, "x"], [1, "w"], [2, "y"], [3, "conv"], [4, "Conv"], [5, attributes]);
  const raw = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  const constant = message([1, weightsShape], [2, float], [8, "w"], [9, raw]);
  return modelOf(node, [constant], inputShape, outputShape);
}

/** Zeros around images: the last two axes are padded on both sides. Rows are a constant of the model. */
export function padModel(inputShape: readonly number[], padding: number): { model: Bytes; shape: number[] } {
  const shape = inputShape.map((size, axis) => (axis < 2 ? size : size + 2 * padding));
  const before = inputShape.map((_, axis) => (axis < 2 ? 0 : padding));
  const pads = BigInt64Array.from([...before, ...before], BigInt);
  const raw = new Uint8Array(pads.buffer);
  const int64 = 7;
  const constant = message([1, [pads.length]], [2, int64], [8, "pads"], [9, raw]);
  const node = message([1, "x"], [1, "pads"], [2, "y"], [3, "pad"], [4, "Pad"]);
  return { model: modelOf(node, [constant], inputShape, shape), shape };
}

/** A pooling of square windows; its default, as ours, is not to count padding in a mean. */
export function poolModel(
  { operator, inputShape, window, strides, padding }: Pooling,
  outputShape: readonly number[],
): Bytes {
  const attributes = [
    attribute("kernel_shape", [window, window]),
    attribute("strides", [strides, strides]),
    attribute("pads", [padding, padding, padding, padding]),
  ];
  const type = operator === "maxPool2d" ? "MaxPool" : "AveragePool";
  const node = message([1, "x"], [2, "y"], [3, "pool"], [4, type], [5, attributes]);
  return modelOf(node, [], inputShape, outputShape);
}
