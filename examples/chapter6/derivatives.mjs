// SPDX-License-Identifier: MIT
// Designed kernels: derivatives, integrals, blur, edges across a direction:
// node examples/chapter6/derivatives.mjs [output folder]
import assert from "node:assert/strict";
import { corr1d, corr2d, kernels } from "corr2d";
import { luminance, readPhoto } from "./photo.mjs";
import { gridView, linesView, pixelsView, writePhotos, writePicture } from "./picture.mjs";

const close = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);
const factorial = (n) => (n < 2 ? 1 : n * factorial(n - 1));
const row = (kernel) => [...kernel.data];

assert.deepEqual(row(kernels.derivative(1)), [-1, 1]);
assert.deepEqual(row(kernels.derivative(2)), [1, -2, 1]);
assert.deepEqual(row(kernels.derivative(3)), [-1, 3, -3, 1]);

// A kernel of the derivative of order m answers x^m with m! and lower powers with 0: these are its moments.
for (let order = 1; order <= 8; order++) {
  const kernel = kernels.derivative(order, { dtype: "float64" });
  assert.deepEqual(kernel.shape, [1, order + 1]);
  const moments = kernels.moments(kernel).data;
  for (let power = 0; power < order; power++) close(moments[power], 0, 1e-9 * factorial(order));
  close(moments[order], factorial(order), 1e-9 * factorial(order));
}

// With order m samples there is none. The m conditions that powers 0 .. m - 1 give 0 are a Vandermonde system in m weights,
// whose determinant, the product of all distances between samples, is not 0: all weights are 0.
for (let order = 1; order <= 8; order++) {
  const samples = Array.from({ length: order }, (_, k) => k - (order - 1) / 2);
  const determinant = samples
    .flatMap((a, i) => samples.slice(i + 1).map((b) => b - a))
    .reduce((p, d) => p * d, 1);
  assert.notEqual(determinant, 0);
  assert.throws(() => kernels.derivative(order, { size: order }), { code: "INVALID_ARGUMENT" });
}

// More samples than that buy accuracy: the error of the slope of sin(x) at 1 falls with the second or the fourth power of
// the distance of samples.
const slopeError = (accuracy, h) => {
  const kernel = kernels.derivative(1, { accuracy, dtype: "float64" });
  const reach = (kernel.data.length - 1) / 2;
  const samples = Float64Array.from(kernel.data, (_, k) => Math.sin(1 + (k - reach) * h));
  return Math.abs(corr1d(samples, kernel.data).data[0] / h - Math.cos(1));
};
for (const accuracy of [2, 4, 6]) {
  const order = Math.log2(slopeError(accuracy, 0.1) / slopeError(accuracy, 0.05));
  console.log(`accuracy ${accuracy}: halving the distance divides the error by 2^${order.toFixed(2)}`);
  close(order, accuracy, 0.05);
}

// Integrals: over x^2 from 0 to 4 the rules give 64/3 or what they take for it; sums of a derivative give the signal back.
const squares = [0, 1, 4, 9, 16];
const integralOf = (rule) => corr1d(squares, row(kernels.integral(5, { rule }))).data[0];
close(integralOf("simpson"), 64 / 3, 1e-5);
assert.equal(integralOf("trapezoid"), 22);
assert.equal(integralOf("box"), 30); // from -1/2 to 4 1/2: 30.4
const signal = [3, 1, 4, 1, 5, 9, 2, 6];
const differences = corr1d([0, ...signal], row(kernels.derivative(1))).data;
const runningSums = corr1d(differences, row(kernels.integral(8, { rule: "box" })), { mode: "full" }).data;
assert.deepEqual([...runningSums.subarray(0, 8)], signal);

// The answers to waves: a derivative multiplies by the frequency (2 pi f)^m as long as waves are slow against its samples.
const frequencies = Array.from({ length: 41 }, (_, i) => i / 80);
const magnitudes = (kernel) => kernels.frequencyResponse(kernel, frequencies).magnitude;
close(magnitudes(kernels.derivative(2))[40], 4, 1e-6); // [1, -2, 1] on 1, -1, 1
close(magnitudes(kernels.integral(5, { rule: "simpson" }))[0], 4, 1e-5); // the length of the interval
const curves = (designs) =>
  Object.entries(designs).flatMap(([series, values]) =>
    Array.from(values, (y, i) => ({ x: frequencies[i], y, series })),
  );
const ideal = (order) => frequencies.map((f) => (2 * Math.PI * f) ** order);
const axes = { x: "cycles per sample", y: "factor", width: 250, height: 190, series: "" };
await writePicture("frequency-responses.svg", {
  hconcat: [
    linesView(
      curves({
        exact: ideal(1),
        "[-1, 1]": magnitudes(kernels.derivative(1)),
        "accuracy 2": magnitudes(kernels.derivative(1, { accuracy: 2 })),
        "accuracy 4": magnitudes(kernels.derivative(1, { accuracy: 4 })),
      }),
      { ...axes, title: "first derivative" },
    ),
    linesView(
      curves({
        "exact, over 4": frequencies.map((f) =>
          f === 0 ? 4 : Math.abs(Math.sin(4 * Math.PI * f) / (Math.PI * f)),
        ),
        "box 5": magnitudes(kernels.integral(5, { rule: "box" })),
        "trapezoid 5": magnitudes(kernels.integral(5)),
        "Simpson 5": magnitudes(kernels.integral(5, { rule: "simpson" })),
      }),
      { ...axes, title: "integrals" },
    ),
  ],
  resolve: { scale: { color: "independent" } },
});

// Edges across a direction v: v[0] d/dy + v[1] d/dx. On a plane that ascends along v it answers the length of v, on one
// that ascends across v nothing.
const across = ([vy, vx]) => {
  const [dx, dy] = [kernels.sobel("x"), kernels.sobel("y")];
  return { data: dx.data.map((value, i) => (vx * value + vy * dy.data[i]) / 8), shape: [3, 3] };
};
const plane = ([ay, ax]) => Array.from({ length: 3 }, (_, y) => [0, 1, 2].map((x) => ay * y + ax * x));
const v = [0.6, 0.8];
close(corr2d(plane(v), across(v)).data[0], 1, 1e-6);
close(corr2d(plane([v[1], -v[0]]), across(v)).data[0], 0, 1e-6);

// The second derivative does not see ramps. It answers most where the slope changes: at lines, corners and points of
// noise. The Laplacian along a ramp, at an edge, at a line one pixel wide:
const answers = (profile) => [...corr1d(profile, [1, -2, 1]).data];
assert.deepEqual(answers([0, 1, 2, 3, 4]), [0, 0, 0]);
assert.deepEqual(answers([0, 0, 0, 4, 4, 4]), [0, 4, -4, 0]);
assert.deepEqual(answers([0, 0, 4, 0, 0]), [4, -8, 4]);

// On a photograph. Blur first, and the second derivative sees edges instead of grain.
const photo = luminance(await readPhoto(144));
const apply = (image, kernel) => corr2d(image, kernel, { mode: "same", border: "mirror" });
const soft = apply(photo, kernels.gaussian({ sigma: 1.5 }));
const energy = ({ data }) => data.reduce((sum, value) => sum + value * value, 0);
const laplacian = apply(photo, kernels.laplacian());
const laplacianOfSoft = apply(soft, kernels.laplacian());
assert.ok(energy(laplacianOfSoft) < energy(laplacian) / 10);

const first = [
  await pixelsView(photo, { title: "image", range: [0, 1] }),
  await pixelsView(apply(photo, kernels.derivative(1, { accuracy: 2 })), {
    title: "d/dx",
    range: [-0.25, 0.25],
  }),
  await pixelsView(apply(photo, kernels.derivative(1, { accuracy: 2, axis: "y" })), {
    title: "d/dy",
    range: [-0.25, 0.25],
  }),
  await pixelsView(apply(photo, kernels.integral([7, 7])), { title: "integral, 6 x 6" }),
];
const second = [
  await pixelsView(laplacian, { title: "Laplacian", range: [-0.5, 0.5] }),
  await pixelsView(laplacianOfSoft, { title: "of the blurred", range: [-0.12, 0.12] }),
  await pixelsView(apply(photo, across([Math.SQRT1_2, Math.SQRT1_2])), {
    title: "across \u2198",
    range: [-0.25, 0.25],
  }),
  await pixelsView(apply(photo, across([-Math.SQRT1_2, Math.SQRT1_2])), {
    title: "across \u2197",
    range: [-0.25, 0.25],
  }),
];
await writePhotos("derivatives.png", gridView(first));
await writePhotos("edges-on-photo.png", gridView(second));
