// SPDX-License-Identifier: MIT
// Blurs a photograph with a Gaussian: node examples/blur.mjs [input] [output]. Needs the package sharp.
import { fileURLToPath } from "node:url";
import { conv2d, kernels } from "corr2d";
import sharp from "sharp";

const photo = fileURLToPath(new URL("photos/astronaut.jpg", import.meta.url));
const [input = photo, output = "blurred.png"] = process.argv.slice(2);

const { data, info } = await sharp(input).raw().toBuffer({ resolveWithObject: true });
const { width, height, channels } = info;

// The kernel is the same for each channel, so the channels are a batch of images with one channel each.
const planes = new Float32Array(data.length);
for (let i = 0; i < data.length; i++)
  planes[(i % channels) * width * height + Math.floor(i / channels)] = data[i];

const gaussian = kernels.gaussian({ sigma: 3 });
const x = { data: planes, shape: [channels, 1, height, width] };
const weights = { data: gaussian.data, shape: [1, 1, ...gaussian.shape] };
const blurred = conv2d(x, weights, { padding: "same", border: "reflect" });

const pixels = new Uint8ClampedArray(data.length); // rounds and saturates
for (let i = 0; i < data.length; i++) {
  pixels[i] = blurred.data[(i % channels) * width * height + Math.floor(i / channels)];
}
await sharp(pixels, { raw: { width, height, channels } })
  .tiff({ compression: "deflate", force: false }) // where the name ends in .tif: sharp's own choice is JPEG
  .toFile(output);
console.log(`written ${output}`);
