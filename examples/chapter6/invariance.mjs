// SPDX-License-Identifier: MIT
// What moves in the image moves in the output: node examples/chapter6/invariance.mjs [output folder]
import assert from "node:assert/strict";
import { conv2dCost, corr2d, kernels } from "corr2d";
import { luminance, readPhoto } from "./photo.mjs";
import { gridView, pixelsView, writePhotos } from "./picture.mjs";

const photo = luminance(await readPhoto(144));
const { data, shape } = photo;
const [, width] = shape;

/** The image moved by [dy, dx]; what comes in from beyond the edge comes from the other side. */
function moved(image, [dy, dx]) {
  const [h, w] = image.shape;
  const values = image.data.map(
    (_, i) => image.data[((Math.floor(i / w) - dy + h) % h) * w + ((i - dx + w) % w)],
  );
  return { data: values, shape: image.shape };
}

// Translation invariance: correlating the moved image is moving the correlated one. At the border as well, if there is
// none: "wrap" makes the image a torus.
const options = { mode: "same", border: "wrap" };
const shift = [14, 25];
const edges = corr2d(photo, kernels.sobel("x"), options);
const edgesOfMoved = corr2d(moved(photo, shift), kernels.sobel("x"), options);
const movedEdges = moved(edges, shift);
const error = edgesOfMoved.data.reduce(
  (most, value, i) => Math.max(most, Math.abs(value - movedEdges.data[i])),
  0,
);
console.log(`largest difference ${error}`);
assert.ok(error < 1e-5);

// A stride of 2 keeps it for even movements only: the grid of outputs has to meet the same pixels again.
const strided = (image) => corr2d(image, kernels.sobel("x"), { padding: 1, border: "wrap", strides: 2 });
const differs = (by) => {
  const a = strided(moved(photo, [2 * by, 2 * by]));
  const b = moved(strided(photo), [Math.round(by), Math.round(by)]);
  return a.data.some((value, i) => Math.abs(value - b.data[i]) > 1e-5);
};
assert.equal(differs(1), false); // 2 pixels, 1 output
assert.equal(differs(0.5), true); // 1 pixel

// Locality: a changed pixel reaches the 9 outputs around it, no other.
const touched = { data: data.slice(), shape };
touched.data[50 * width + 60] += 1;
const kernel = [
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
];
const before = corr2d(photo, kernel, { mode: "same" }).data;
const after = corr2d(touched, kernel, { mode: "same" }).data;
const changed = [...before.keys()].filter((i) => before[i] !== after[i]);
assert.deepEqual(
  changed,
  [49, 50, 51].flatMap((y) => [59, 60, 61].map((x) => y * width + x)),
);

// What the two assumptions save. From 1000 x 1000 pixels to as many hidden units: 10^12 weights, fully connected. Local to
// windows of 7 x 7, each unit with weights of its own: 49 * 10^6. With the same weights everywhere: 49.
const { parameters, multiplyAdds } = conv2dCost([1, 1, 1000, 1000], [1, 1, 7, 7], { padding: 3 });
assert.equal(parameters, 49);
assert.equal(multiplyAdds, 49e6); // sharing saves weights, not work
console.log(`weights: ${1e12} fully connected, ${multiplyAdds} local, ${parameters} local and shared`);

// At the boundary. An object that touches the edge of the image has no edge there for mode "valid", which does not look
// beyond; zeros make one out of nothing, even where the image is the same all over; mirrors do not.
const grey = { data: new Float32Array(25).fill(1), shape: [5, 5] };
const response = (more) => corr2d(grey, kernels.sobel("x"), more).toArray();
assert.deepEqual(response({ mode: "valid" }), [
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
]);
assert.deepEqual(response({ mode: "same" })[2], [4, 0, 0, 0, -4]);
assert.deepEqual(response({ mode: "same", border: "mirror" })[2], [0, 0, 0, 0, 0]);
// And pixels at the edge count less. How many of the windows in mode "valid", 3 x 3 of them, see each pixel:
const windows = { data: new Float32Array(9).fill(1), shape: [3, 3] };
const seenBy = corr2d(windows, windows, { mode: "full" }).toArray();
assert.deepEqual(seenBy[0], [1, 2, 3, 2, 1]);
assert.deepEqual(seenBy[2], [3, 6, 9, 6, 3]);

const edgeRange = [-2, 2];
const views = [
  await pixelsView(photo, { title: "image", range: [0, 1] }),
  await pixelsView(edges, { title: "its edges along x", range: edgeRange }),
  await pixelsView(moved(photo, shift), { title: "image moved", range: [0, 1] }),
  await pixelsView(edgesOfMoved, { title: "edges of that", range: edgeRange }),
];
await writePhotos("invariance.png", gridView(views));
