// SPDX-License-Identifier: MIT
// What a trained LeNet has learned, and what it makes of images: ../digits.mjs writes these.
import { channel } from "../chapter6/photo.mjs";
import {
  gridView,
  linesView,
  matrixView,
  pixelsView,
  writePhotos,
  writePicture,
} from "../chapter6/picture.mjs";

/** The loss of each step as means of 50; a change of the learning rate is a series of its own. */
export async function drawTraining(steps) {
  const window = 50;
  const values = [];
  for (let end = window; end <= steps.length; end += window) {
    const part = steps.slice(end - window, end);
    const mean = part.reduce((sum, { loss }) => sum + loss, 0) / window;
    values.push({ x: end, y: mean, series: String(part[0].learningRate) });
  }
  const labels = { x: "steps of 32 digits", y: "loss, mean of 50 steps", series: "learning rate" };
  await writePicture("digits-training.svg", linesView(values, { ...labels, log: true }));
}

/** The kernels [channels, 1, height, width] of the first layer, before training and after. */
export async function drawKernels(before, after) {
  const [channels, , height, width] = before.shape;
  const extent = Math.max(...[...before.data, ...after.data].map(Math.abs));
  const rows = [
    ["before", before],
    ["trained", after],
  ].flatMap(([title, { data }]) =>
    Array.from({ length: channels }, (_, i) => {
      const matrix = Array.from({ length: height }, (_, y) => {
        const start = (i * height + y) * width;
        return [...data.subarray(start, start + width)];
      });
      return matrixView(matrix, { title: i === 0 ? title : "", cell: 15, extent });
    }),
  );
  await writePicture("digits-kernels.png", gridView(rows, channels));
}

/**
 * A picture for each of both convolutions: a row for each input, { name, x } with x [1, 1, 28, 28], that begins with the input
 * and goes on with its feature maps, black where they are 0.
 */
export async function drawFeatures(model, inputs) {
  for (const [layer, scales, spacing] of [
    [0, [3, 3], 8],
    [1, [1.5, 4], 5],
  ]) {
    const maps = inputs.map(({ x }) => featureMaps(model, x)[layer]);
    const sorted = maps.flatMap(({ data }) => [...data]).sort((a, b) => a - b);
    const white = sorted[Math.floor(0.99 * sorted.length)]; // a few brighter ones would leave the others dark
    const channels = Array.from({ length: maps[0].shape[1] }, (_, i) => i);
    const views = inputs.flatMap(({ name, x }, i) => [
      pixelsView(channel(x, 0), { title: name, range: [0, 1], scale: scales[0] }),
      ...channels.map((c) => pixelsView(channel(maps[i], c), { range: [0, white], scale: scales[1] })),
    ]);
    const grid = gridView(await Promise.all(views), 1 + channels.length, { row: 30, column: spacing });
    await writePhotos(`digits-layer-${layer + 1}.png`, grid);
  }
}

/** What both convolutions make of an image, behind their ReLU. */
export function featureMaps(model, x) {
  const maps = [];
  let y = x;
  for (const layer of model.layers) {
    y = layer.forward(y);
    if (layer.name === "Relu" && y.shape.length === 4) maps.push(y);
  }
  return maps;
}
