// SPDX-License-Identifier: MIT
import { allocate, dtypeOf } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkArity, checkOneOf, type Names, readOptions } from "../input/options.ts";
import { sameShape } from "../plan/output.ts";
import { Tensor, type TensorLike } from "../tensor.ts";
import { checkTensor } from "./layer.ts";

/** The value of a loss, and its gradient with respect to the prediction. */
export interface LossValue {
  readonly value: number;
  readonly gradient: Tensor;
}

/** Compares a model's output with its targets. */
export type Loss<Targets> = (prediction: TensorLike, targets: Targets) => LossValue;

/** The class of each example, numbered from 0. */
export type Labels = Uint8Array | Int32Array | Uint32Array | readonly number[];

export interface MseOptions {
  /** Whether squared errors are averaged or summed. Default "mean". */
  readonly reduction?: "mean" | "sum";
}

const mseOptionNames: Names<MseOptions> = { reduction: true };

/**
 * Computes the mean, or the sum, of the squared errors of all elements. Throws INVALID_ARGUMENT if shapes or types
 * differ, and for the mean of no elements.
 */
export function mse(prediction: TensorLike, targets: TensorLike, options?: MseOptions): LossValue {
  checkArity("mse", arguments.length, 3);
  const { reduction = "mean" } = readOptions(options, mseOptionNames);
  const isMean = checkOneOf(reduction, ["mean", "sum"], "reduction") === "mean";
  const { data, shape } = checkTensor(prediction, "prediction");
  const target = checkTensor(targets, "targets");
  if (!sameShape(target.shape, shape)) throw invalid(`[${shape.join(", ")}]`, "targets.shape", target.shape);
  const dtype = dtypeOf(data, "prediction.data");
  if (dtypeOf(target.data, "targets.data") !== dtype)
    throw invalid(`${dtype} elements, as the prediction has,`, "targets.data", target.data);
  if (isMean && data.length === 0) throw invalid("at least one element", "prediction.data", data);
  const weight = isMean ? 1 / data.length : 1;
  const gradient = allocate(dtype, data.length);
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    const error = data[i] - target.data[i];
    sum += error * error;
    gradient[i] = 2 * weight * error;
  }
  return { value: weight * sum, gradient: new Tensor(gradient, shape) };
}

/**
 * Computes the cross-entropy, in nats, of the softmax of `logits` [batch, classes] with the true classes, as the mean
 * over the batch:
 *
 * value = mean over n of log(sum over c of exp(logits[n, c])) - logits[n, labels[n]]
 *
 * The greatest logit is subtracted first, so that no exponential overflows. Throws INVALID_ARGUMENT for a label that is
 * no class, and for an empty batch.
 */
export function softmaxCrossEntropy(logits: TensorLike, labels: Labels): LossValue {
  checkArity("softmaxCrossEntropy", arguments.length, 2);
  const { data, shape } = checkLogits(logits, labels);
  const [batch, classes] = shape;
  if (batch === 0) throw invalid("at least one example", "logits.shape", shape);
  const gradient = allocate(dtypeOf(data, "logits.data"), data.length);
  let sum = 0;
  for (let n = 0; n < batch; n++) {
    const row = data.subarray(n * classes, (n + 1) * classes);
    let greatest = row[0];
    for (const logit of row) greatest = Math.max(greatest, logit);
    let total = 0;
    for (const logit of row) total += Math.exp(logit - greatest);
    sum += Math.log(total) + greatest - row[labels[n]];
    for (let c = 0; c < classes; c++) {
      const probability = Math.exp(row[c] - greatest) / total;
      gradient[n * classes + c] = (probability - (c === labels[n] ? 1 : 0)) / batch;
    }
  }
  return { value: sum / batch, gradient: new Tensor(gradient, shape) };
}

/**
 * Computes the share of examples whose greatest logit is that of their class. Throws INVALID_ARGUMENT as the loss does.
 */
export function accuracy(logits: TensorLike, labels: Labels): number {
  checkArity("accuracy", arguments.length, 2);
  const { data, shape } = checkLogits(logits, labels);
  const [batch, classes] = shape;
  let right = 0;
  for (let n = 0; n < batch; n++) {
    const row = data.subarray(n * classes, (n + 1) * classes);
    let best = 0;
    for (let c = 1; c < classes; c++) if (row[c] > row[best]) best = c;
    // A row of NaN predicts nothing.
    if (best === labels[n] && !Number.isNaN(row[best])) right++;
  }
  return right / batch;
}

function checkLogits(logits: TensorLike, labels: Labels): Tensor {
  const tensor = checkTensor(logits, "logits");
  const [batch, classes] = tensor.shape;
  if (tensor.shape.length !== 2 || classes < 1) {
    throw invalid("[batch, classes]", "logits.shape", tensor.shape);
  }
  if (!(Array.isArray(labels) || ArrayBuffer.isView(labels)) || labels.length !== batch)
    throw invalid(`${batch} of them, one for each example,`, "labels", labels);
  for (let n = 0; n < batch; n++) {
    if (!Number.isInteger(labels[n]) || labels[n] < 0 || labels[n] >= classes) {
      throw invalid(`a whole number from 0 to ${classes - 1}`, `labels[${n}]`, labels[n]);
    }
  }
  return tensor;
}
