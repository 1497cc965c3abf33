// SPDX-License-Identifier: MIT
// A convolutional network after LeNet-5 (LeCun et al., 1998) learns to read handwritten digits: 8,000 of the 10,000 in the
// package `mnist` train it, as they are and shifted by a pixel; the other 2,000 it never sees before the end.
// node examples/digits.mjs [output folder] writes the trained network there, and pictures of it.
import assert from "node:assert";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { conv2d } from "corr2d";
import * as learn from "corr2d/learn";
import spinner from "yocto-spinner";
import { luminance, readPhoto } from "./chapter6/photo.mjs";
import { digitsBetween } from "./digits/data.mjs";
import { drawFeatures, drawKernels, drawTraining, featureMaps } from "./digits/pictures.mjs";

const [train, test] = [digitsBetween(0, 0.8), digitsBetween(0.8, 1)];

const model = new learn.Sequential(
  [
    new learn.Conv2d(1, 6, 5, { padding: 2 }),
    new learn.Relu(),
    new learn.Pool2d("max", 2),
    new learn.Conv2d(6, 16, 5),
    new learn.Relu(),
    new learn.Pool2d("max", 2),
    new learn.Flatten(),
    new learn.Linear(400, 120),
    new learn.Relu(),
    new learn.Linear(120, 84),
    new learn.Relu(),
    new learn.Linear(84, 10),
  ],
  { seed: 1 },
);
console.log(learn.summary(model, [1, 1, 28, 28]));
console.log(`backend ${model.engine.backend}`);
console.log(`accuracy before ${percent(accuracyOn(test))}`);

const [{ value: firstKernels }] = model.parameters;
const untrained = { data: firstKernels.data.slice(), shape: firstKernels.shape };
const steps = [];
const start = performance.now();
const bar = spinner({ text: "training" }).start();
await trainFor(2, 1e-3);
await trainFor(1, 1e-4); // shorter steps at the end come closer to the minimum
bar.success(`trained in ${((performance.now() - start) / 1000).toFixed(1)} s`);

const accuracy = accuracyOn(test);
console.log(`accuracy ${percent(accuracy)} on ${test.targets.length} digits that never trained`);
assert(accuracy >= 0.97);

const folder = process.argv[2] ?? ".";
mkdirSync(folder, { recursive: true });
const file = join(folder, "digits.safetensors"); // which PyTorch reads too
writeFileSync(file, learn.save(model));
console.log(`writes ${file}`);

// What the layers make of two digits, and of what they were not trained for: noise and a photograph.
const random = new learn.Random(1);
const noise = Float32Array.from({ length: 28 * 28 }, () => random.uniform(0, 1));
const photo = luminance(await readPhoto(28)).data;
const inputs = [
  { name: "a 3", x: imageOf(test.inputs, test.targets.indexOf(3)) },
  { name: "a 8", x: imageOf(test.inputs, test.targets.lastIndexOf(8)) },
  { name: "noise", x: { data: noise, shape: [1, 1, 28, 28] } },
  { name: "a photo", x: { data: photo, shape: [1, 1, 28, 28] } },
];
const activations = inputs.map(({ name, x }) => {
  const { digit, probability } = answerTo(x);
  const means = featureMaps(model, x).map(
    ({ data }) => data.reduce((sum, value) => sum + value) / data.length,
  );
  const [first, second] = means.map((mean) => mean.toFixed(2));
  console.log(`${name}: a ${digit}, ${percent(probability)} sure; mean activations ${first} and ${second}`);
  return means;
});
// Noise and photographs have more for the first layer to answer, but it does not fit together for the second.
const [three, eight, ofNoise, ofPhoto] = activations;
for (const other of [ofNoise, ofPhoto]) {
  assert(other[0] > Math.max(three[0], eight[0]));
  assert(other[1] < Math.min(three[1], eight[1]));
}

await drawTraining(steps);
await drawKernels(untrained, firstKernels);
await drawFeatures(model, inputs);

async function trainFor(epochs, learningRate) {
  const { losses } = await learn.fit(model, shifted(train), {
    epochs,
    batchSize: 32,
    optimiser: learn.adam({ learningRate }),
    loss: learn.softmaxCrossEntropy,
    seed: 1,
    onProgress: ({ epoch, step, stepsPerEpoch, loss }) => {
      steps.push({ learningRate, loss });
      if (step % 50 !== 0) return;
      bar.text = `epoch ${epoch} of ${epochs}, step ${step} of ${stepsPerEpoch}, loss ${loss.toFixed(4)}`;
    },
  });
  console.log(`learning rate ${learningRate}: loss ${losses.map((loss) => loss.toFixed(4)).join(", ")}`);
}

/** Each image five times: by kernels that are 1 at one place alone it stays, or moves by a pixel towards a corner. */
function shifted({ inputs, targets }) {
  const kernels = new Float32Array(5 * 9);
  for (const [i, place] of [4, 0, 2, 6, 8].entries()) kernels[9 * i + place] = 1;
  const { data } = conv2d(inputs, { data: kernels, shape: [5, 1, 3, 3] }, { padding: 1, accuracy: "exact" });
  return {
    inputs: { data, shape: [5 * targets.length, 1, 28, 28] },
    targets: targets.flatMap((digit) => new Array(5).fill(digit)),
  };
}

function accuracyOn({ inputs, targets }) {
  return learn.accuracy(learn.predict(model, inputs), targets);
}

function imageOf({ data }, index) {
  return { data: data.slice(index * 28 * 28, (index + 1) * 28 * 28), shape: [1, 1, 28, 28] };
}

/** The digit that an image is taken for, and the probability that softmax gives it. */
function answerTo(x) {
  const scores = [...learn.predict(model, x).data];
  const best = Math.max(...scores);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - best), 0);
  return { digit: scores.indexOf(best), probability: 1 / total };
}

function percent(share) {
  return `${(100 * share).toFixed(2)} %`;
}
