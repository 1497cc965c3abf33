// SPDX-License-Identifier: MIT
// Valid arguments of every operator, of its plans and streams, and of what is said of shapes.
import { type Arguments, floats, layerOptions } from "./arguments.ts";

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
export const twins: Record<string, Arguments> = {
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
export const single: Record<string, Arguments> = {
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

const shaped = (weightsName: string, shape: number[], filters: number[], options: object): Arguments => [
  ["inputShape", shape],
  [weightsName, filters],
  ["options", options],
];

/** Options of matrices and signals that say something about shapes. */
const shapeOptions = { mode: "valid", strides: 1, dilations: 1, border: "constant" };

export const outputShapes: Record<string, Arguments> = {
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
