// SPDX-License-Identifier: MIT
// Every experiment, one after the other: node examples/chapter6/all.mjs [output folder]
// The pictures of docs/chapter6.md come from node examples/chapter6/all.mjs docs/chapter6
for (const name of [
  "invariance",
  "edges",
  "learn-kernel",
  "flipped-kernel",
  "matrix-product",
  "derivatives",
  "padding-stride",
  "sound",
  "channels",
  "algebra",
  "costs",
  "pooling",
  "receptive-field",
]) {
  console.log(`\n${name}`);
  await import(`./${name}.mjs`);
}
