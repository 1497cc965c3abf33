// SPDX-License-Identifier: MIT
// Valid arguments of every function and class of corr2d/learn.
import * as learn from "corr2d/learn";
import { type Arguments, floats, layerOptions } from "./arguments.ts";

const weighted = { bias: true, dtype: "float32", seed: 1, initializer: learn.kaimingUniform };

const model = new learn.Sequential([new learn.Linear(3, 2)]);
const random = new learn.Random(1);
const [logits, labels] = [floats(2, 3), [0, 1]];
const fans = { fanIn: 3, fanOut: 2 };

export const learning: Record<string, Arguments> = {
  load: [
    ["model", model],
    ["file", learn.save(model)],
    ["options", { prefix: "", ignoreUnexpected: false }],
  ],
  readSafetensors: [
    ["file", learn.save(model)],
    ["options", { widen: true }],
  ],
  save: [["model", model]],
  writeSafetensors: [
    ["tensors", [["weight", floats(2, 3)]]],
    ["metadata", [["format", "pt"]]],
  ],
  ConvTranspose2d: [
    ["inChannels", 2],
    ["outChannels", 2],
    ["kernelSize", 3],
    ["options", { strides: 1, padding: 0, dilations: 1, groups: 1, outputPadding: 0, ...weighted }],
  ],
  Conv2d: [
    ["inChannels", 2],
    ["outChannels", 2],
    ["kernelSize", 3],
    ["options", { ...layerOptions, ...weighted }],
  ],
  fit: [
    ["model", new learn.Linear(3, 2)],
    ["examples", { inputs: logits, targets: labels }],
    [
      "options",
      {
        epochs: 1,
        batchSize: 1,
        optimiser: learn.sgd({ learningRate: 0.1 }),
        loss: learn.softmaxCrossEntropy,
      },
    ],
  ],
  predict: [
    ["model", model],
    ["inputs", logits],
    ["options", { batchSize: 2 }],
  ],
  Flatten: [],
  glorotUniform: [
    ["weights", new Float32Array(6)],
    ["fans", fans],
    ["random", random],
  ],
  kaimingUniform: [
    ["weights", new Float32Array(6)],
    ["fans", fans],
    ["random", random],
  ],
  normal: [["standardDeviation", 1]],
  learnKernel: [
    ["input", floats(4, 4)],
    ["output", floats(3, 3)],
    [
      "options",
      { shape: [2, 2], mode: "valid", border: "constant", steps: 2, seed: 1, limit: 1, learningRate: 0.01 },
    ],
  ],
  Linear: [
    ["inFeatures", 2],
    ["outFeatures", 2],
    ["options", weighted],
  ],
  accuracy: [
    ["logits", logits],
    ["labels", labels],
  ],
  mse: [
    ["prediction", logits],
    ["targets", logits],
    ["options", { reduction: "mean" }],
  ],
  softmaxCrossEntropy: [
    ["logits", logits],
    ["labels", labels],
  ],
  adam: [["options", { learningRate: 0.1, beta1: 0.5, beta2: 0.5, epsilon: 0.1, weightDecay: 0 }]],
  sgd: [["options", { learningRate: 0.1, momentum: 0.5, weightDecay: 0 }]],
  Pool2d: [
    ["kind", "avg"],
    ["windowSize", 2],
    ["options", { strides: 1, padding: 0, dilations: 1, border: "constant", countIncludePad: true }],
  ],
  Random: [["seed", 1]],
  Relu: [],
  Sequential: [
    ["layers", [new learn.Relu()]],
    ["options", { seed: 1 }],
  ],
  summary: [
    ["model", model],
    ["inputShape", [1, 3]],
  ],
};
