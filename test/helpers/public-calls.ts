// SPDX-License-Identifier: MIT
// One valid call of every public function, its arguments by name: what is done to each of them is done to all.
import * as corr2d from "corr2d";
import * as learn from "corr2d/learn";

/** Arguments by name, in order; `options` is the last. A name may list what else messages call it. */
export type Arguments = readonly (readonly [name: string, value: unknown])[];

export interface PublicCall {
  readonly call: (...values: never[]) => unknown;
  readonly values: Arguments;
}

const floats = (...shape: number[]) => ({
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(1),
  shape,
});

const layerOptions = { strides: 1, padding: 0, dilations: 1, groups: 1, border: "constant" };
const convOptions = {
  ...layerOptions,
  ...{ inputLayout: "nchw", filterLayout: "oihw", activation: "none", accuracy: "fast", bias: [1, 1] },
};
const planOptions = { algorithm: "auto", tune: false };
const gradientOptions = { ...convOptions, ...planOptions };
const matrixOptions = {
  mode: "valid",
  strides: 1,
  dilations: 1,
  border: "constant",
  accuracy: "fast",
  ...planOptions,
};
const { groups: _, ...windowOptions } = { ...layerOptions, windowDimensions: 2 };
const poolOptions = { ...windowOptions, inputLayout: "nchw", outputShapeRounding: "floor" };
const ndOptions = { ...layerOptions, activation: "none", bias: [1, 1], accuracy: "fast" };
const frameOptions = {
  ...{ window: "hann", windowLength: 8, hop: 4, fftLength: 8, border: "constant", scaling: "spectrum" },
  sampleRate: 1,
};
const designOptions = { axis: "x", dtype: "float32" };
const weighted = { bias: true, dtype: "float32", seed: 1, initializer: learn.kaimingUniform };

const [x, weights, gradOutput] = [floats(1, 2, 5, 4), floats(2, 2, 2, 2), floats(1, 2, 4, 3)];
const matrices: Arguments = [
  ["x", floats(5, 4)],
  ["kernel", floats(2, 2)],
  ["options", matrixOptions],
];
const [inputShape, weightsShape] = [
  [1, 2, 5, 4],
  [2, 2, 2, 2],
];
const signals: Arguments = [
  ["x", new Float32Array(16)],
  ["kernel", new Float32Array(3)],
  ["options", { ...matrixOptions, tune: undefined, algorithm: "direct" }],
];
const { tune: _tune, ...signalOptions } = matrixOptions;
const row: Arguments = signals.map(([name, value]) => [name, name === "options" ? signalOptions : value]);

/** Of functions that have an Async twin, which takes the same. */
const twins: Record<string, Arguments> = {
  corr2d: matrices,
  convolve2d: matrices,
  corr1d: row,
  convolve1d: row,
  conv1d: [
    ["x", floats(1, 2, 9)],
    ["weights", floats(2, 2, 3)],
    ["options", { ...ndOptions, ...planOptions }],
  ],
  conv2d: [
    ["x", x],
    ["weights", weights],
    ["options", { ...convOptions, ...planOptions }],
  ],
  conv3d: [
    ["x", floats(1, 2, 3, 3, 3)],
    ["weights", floats(2, 2, 2, 2, 2)],
    ["options", { ...ndOptions, ...planOptions }],
  ],
  convTranspose1d: [
    ["x", floats(1, 2, 9)],
    ["weights", floats(2, 2, 3)],
    ["options", { ...ndOptions, outputPadding: 0 }],
  ],
  convTranspose2d: [
    ["x", x],
    ["weights", weights],
    ["options", { ...convOptions, outputPadding: 0, filterLayout: "iohw" }],
  ],
  conv2dGradInput: [
    ["inputShape", inputShape],
    ["weights", weights],
    ["gradOutput", gradOutput],
    ["options", gradientOptions],
  ],
  conv2dGradWeights: [
    ["x", x],
    ["weightsShape", weightsShape],
    ["gradOutput", gradOutput],
    ["options", gradientOptions],
  ],
  pad: [
    ["x", x],
    ["padding", 1],
    ["options", { border: "constant", value: 1, inputLayout: "nchw" }],
  ],
  padGradInput: [
    ["inputShape", inputShape],
    ["gradOutput", floats(1, 2, 7, 6)],
    ["padding", 1],
    ["options", { border: "constant", inputLayout: "nchw" }],
  ],
  maxPool2d: [
    ["x", x],
    ["options", poolOptions],
  ],
  avgPool2d: [
    ["x", x],
    ["options", { ...poolOptions, countIncludePad: false }],
  ],
  globalAvgPool2d: [
    ["x", x],
    ["options", { inputLayout: "nchw" }],
  ],
  maxPool2dGradInput: [
    ["x", x],
    ["gradOutput", gradOutput],
    ["options", poolOptions],
  ],
  avgPool2dGradInput: [
    ["inputShape", inputShape],
    ["gradOutput", gradOutput],
    ["options", { ...poolOptions, countIncludePad: false }],
  ],
  globalAvgPool2dGradInput: [
    ["inputShape", inputShape],
    ["gradOutput", floats(1, 2, 1, 1)],
    ["options", { inputLayout: "nchw" }],
  ],
  unfold: [
    ["x", x],
    ["options", windowOptions],
  ],
  fold: [
    ["columns", floats(1, 8, 12)],
    ["outputSize", [5, 4]],
    ["options", windowOptions],
  ],
};

const planned = (shape: number[], filters: unknown, options: object): Arguments => [
  ["inputShape", shape],
  ["weights", filters],
  ["options", options],
];

/** The other functions of corr2d. */
const single: Record<string, Arguments> = {
  conv2dGradBias: [
    ["gradOutput", gradOutput],
    ["options", gradientOptions],
  ],
  planConv1d: planned([1, 2, 9], floats(2, 2, 3), { ...ndOptions, ...planOptions }),
  planConv2d: planned(inputShape, weights, { ...convOptions, ...planOptions }),
  planConv3d: planned([1, 2, 3, 3, 3], floats(2, 2, 2, 2, 2), { ...ndOptions, ...planOptions }),
  planConvTranspose1d: planned([1, 2, 9], floats(2, 2, 3), { ...ndOptions, outputPadding: 0 }),
  planConvTranspose2d: planned(inputShape, weights, { ...convOptions, filterLayout: "iohw" }),
  planConv2dGradInput: planned(inputShape, weights, gradientOptions),
  planConv2dGradWeights: [
    ["inputShape", inputShape],
    ["weightsShape", weightsShape],
    ["options", { ...gradientOptions, dtype: "float32" }],
  ],
  streamCorr1d: [
    ["options", { kernel: new Float32Array(3), padding: 1, strides: 1, dilations: 1, algorithm: "direct" }],
  ],
  streamConvolve1d: [["options", { kernel: new Float32Array(3), mode: "full", algorithm: "direct" }]],
  planCorr2d: [
    ["inputShape", [5, 4]],
    ["kernel", floats(2, 2)],
    ["options", { ...matrixOptions, inputDtype: "float32" }],
  ],
  planConvolve2d: [
    ["inputShape", [5, 4]],
    ["kernel", floats(2, 2)],
    ["options", { ...matrixOptions, inputDtype: "float32" }],
  ],
  planMaxPool2d: [
    ["inputShape", inputShape],
    ["options", { ...poolOptions, dtype: "float32" }],
  ],
  planAvgPool2d: [
    ["inputShape", inputShape],
    ["options", { ...poolOptions, countIncludePad: false, dtype: "float32" }],
  ],
  planGlobalAvgPool2d: [
    ["inputShape", inputShape],
    ["options", { inputLayout: "nchw", dtype: "float32" }],
  ],
  planPad: [
    ["inputShape", inputShape],
    ["padding", 1],
    ["options", { border: "constant", value: 1, inputLayout: "nchw", dtype: "float32" }],
  ],
  conv2dCost: [
    ["inputShape", inputShape],
    ["weightsShape", weightsShape],
    ["options", { ...convOptions, bias: true, algorithm: undefined }],
  ],
  explainShape: [
    ["inputShape", inputShape],
    ["weightsShape", weightsShape],
    ["options", layerOptions],
  ],
  receptiveField: [
    ["layers", [{ kernelSize: 3 }]],
    ["options", { inputSize: 9 }],
  ],
  samePadding: [
    ["inputSize", 5],
    ["kernelSize", 3],
    ["options", { strides: 1, dilations: 1 }],
  ],
  backends: [],
  createEngine: [["options", { backend: "reference", threads: 1, isa: "javascript" }]],
  init: [["options", { modules: [] }]],
  stft: [
    ["x", new Float32Array(16)],
    ["options", { ...frameOptions, padded: true, detrend: "none" }],
  ],
  istft: [
    ["spectra", { real: floats(5, 5), imag: floats(5, 5) }],
    ["options", { ...frameOptions, length: 16 }],
  ],
  spectrogram: [
    ["x", new Float32Array(16)],
    ["options", { ...frameOptions, padded: true, detrend: "none", mode: "power" }],
  ],
  streamStft: [["options", { ...frameOptions, padded: true, detrend: "none", dtype: "float32" }]],
  getWindow: [
    ["window", "hann"],
    ["length", 8],
    ["options", { symmetric: true }],
  ],
};

const kernels: Record<string, Arguments> = {
  derivative: [
    ["order", 1],
    ["options", { ...designOptions, size: 3, centre: 1 }],
  ],
  emboss: [],
  identity: [["size", 3]],
  laplacian: [],
  sharpen: [],
  frequencyResponse: [
    ["kernel", floats(1, 3)],
    ["frequencies", [0.25]],
    ["options", { flip: false, centre: 1 }],
  ],
  prewitt: [["axis", "x"]],
  scharr: [["axis", "x"]],
  sobel: [
    ["axis", "x"],
    ["options", { size: 3 }],
  ],
  integral: [
    ["size", 3],
    ["options", { ...designOptions, rule: "box" }],
  ],
  lowpass: [
    ["size", 3],
    ["options", { ...designOptions, cutoff: 0.25, window: "hann" }],
  ],
  moments: [
    ["kernel", floats(3, 3)],
    ["options", { centre: [1, 1], count: [2, 2] }],
  ],
  box: [
    ["size", 3],
    ["options", { dtype: "float32" }],
  ],
  gaussian: [["options", { sigma: 1, size: 3, dtype: "float32" }]],
};

const shaped = (weightsName: string, shape: number[], filters: number[], options: object): Arguments => [
  ["inputShape", shape],
  [weightsName, filters],
  ["options", options],
];

/** Options of matrices and signals that say something about shapes. */
const shapeOptions = { mode: "valid", strides: 1, dilations: 1, border: "constant" };

const outputShapes: Record<string, Arguments> = {
  conv1d: shaped("weightsShape", [1, 2, 9], [2, 2, 3], layerOptions),
  conv2d: shaped("weightsShape", inputShape, weightsShape, layerOptions),
  conv3d: shaped("weightsShape", [1, 2, 3, 3, 3], [2, 2, 2, 2, 2], layerOptions),
  convTranspose1d: shaped("weightsShape", [1, 2, 9], [2, 2, 3], { ...layerOptions, outputPadding: 0 }),
  convTranspose2d: shaped("weightsShape", inputShape, weightsShape, { ...layerOptions, outputPadding: 0 }),
  corr1d: shaped("kernelShape", [16], [3], shapeOptions),
  convolve1d: shaped("kernelShape", [16], [3], shapeOptions),
  corr2d: shaped("kernelShape", [5, 4], [2, 2], shapeOptions),
  convolve2d: shaped("kernelShape", [5, 4], [2, 2], shapeOptions),
  maxPool2d: [
    ["inputShape", inputShape],
    ["options", poolOptions],
  ],
  avgPool2d: [
    ["inputShape", inputShape],
    ["options", { ...poolOptions, countIncludePad: false }],
  ],
  globalAvgPool2d: [
    ["inputShape", inputShape],
    ["options", { inputLayout: "nchw" }],
  ],
  pad: [
    ["inputShape", inputShape],
    ["padding", 1],
    ["options", { border: "constant", value: 1, inputLayout: "nchw" }],
  ],
  unfold: [
    ["inputShape", inputShape],
    ["options", windowOptions],
  ],
};

const model = new learn.Sequential([new learn.Linear(3, 2)]);
const random = new learn.Random(1);
const [logits, labels] = [floats(2, 3), [0, 1]];
const fans = { fanIn: 3, fanOut: 2 };

const learning: Record<string, Arguments> = {
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

/** Functions of every entry that are tested elsewhere: errors and tensors check nothing, a layer is the base of others. */
const others = new Set(["Corr2dError", "Tensor", "Layer"]);

const isClass = (value: unknown): boolean => /^class\b/.test(Function.prototype.toString.call(value));

function* callsOf(
  exported: object,
  known: Record<string, Arguments>,
  prefix: string,
): Generator<[string, PublicCall]> {
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value !== "function" || others.has(name)) continue;
    const values = known[name];
    if (values === undefined)
      throw new Error(`${prefix}${name} is public, but no call of it is in public-calls.ts`);
    const call = isClass(value) ? (...given: never[]) => Reflect.construct(value, given) : value;
    yield [`${prefix}${name}`, { call: call as PublicCall["call"], values }];
  }
}

const withTwins = Object.entries(twins).flatMap(([name, values]) => [
  [name, values],
  [`${name}Async`, values],
]);

/** Every function that the entries export, and, as an engine's, once more. */
export async function publicCalls(): Promise<Map<string, PublicCall>> {
  const engine = await corr2d.createEngine({ backend: "reference", threads: 1 });
  const operators: Record<string, Arguments> = { ...Object.fromEntries(withTwins), ...single };
  const ofEngine = {
    ...operators,
    alloc: [
      ["shape", [2]],
      ["dtype", "float32"],
    ] as Arguments,
  };
  const { dispose: _dispose, ...methods } = engine;
  return new Map([
    ...callsOf(corr2d, operators, ""),
    ...callsOf(methods, ofEngine, "engine."),
    ...callsOf(corr2d.kernels, kernels, "kernels."),
    ...callsOf(corr2d.outputShape, outputShapes, "outputShape."),
    ...callsOf(learn, learning, "learn."),
  ]);
}
