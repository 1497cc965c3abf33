// SPDX-License-Identifier: MIT
// What a stride does to sound: node examples/spectrogram.mjs [input.wav] [output.png] [stride]
// The picture shows three spectrograms, frequencies upwards, time to the right: of the recording; of every stride-th
// sample of it, where frequencies above half the new sample rate fold back (alias); and of the same after a low-pass.
// Needs the packages sharp and @audio/decode-wav; the recording is from Debian's package alsa-utils.
import { readFileSync } from "node:fs";
import decodeWav from "@audio/decode-wav";
import { corr1d, kernels, spectrogram } from "corr2d";
import sharp from "sharp";

const [input = "/usr/share/sounds/alsa/Front_Center.wav", output = "spectrogram.png", strideText = "2"] =
  process.argv.slice(2);
const strides = Number(strideText);
if (![1, 2, 4, 8, 16, 32, 64].includes(strides)) {
  console.error(`the stride has to be a power of 2 up to 64, and is ${strideText}`);
  process.exit(2);
}

const { channelData, sampleRate } = decodeWav(readFileSync(input));
const x = channelData[0]; // a Float32Array
console.log(`${(x.length / sampleRate).toFixed(2)} s at ${sampleRate} Hz`);

// A kernel of one tap with a stride keeps every stride-th sample; the low-pass stops what would fold back.
const lowpass = kernels.lowpass(127, { cutoff: 0.45 / strides });
const thinned = corr1d(x, [1], { strides });
const filtered = corr1d(x, lowpass, { strides, mode: "same", border: "mirror" });

// Frames of equal duration, so that the columns of all three pictures are the same moments.
const windowLength = 512;
const views = [
  { name: "recording", signal: x, rate: sampleRate, length: windowLength },
  { name: `stride ${strides}`, signal: thinned, rate: sampleRate / strides, length: windowLength / strides },
  {
    name: `low-pass, stride ${strides}`,
    signal: filtered,
    rate: sampleRate / strides,
    length: windowLength / strides,
  },
].map(({ name, signal, rate, length }) => {
  const options = { sampleRate: rate, windowLength: length, hop: length / 4 };
  return { name, ...spectrogram(signal, options) };
});

// What folds back lands on top: in the upper half of the frequencies that are left.
for (const view of views) {
  console.log(
    `${view.name}: ${powerOf(view).toExponential(2)} in the upper half of what stride ${strides} leaves`,
  );
}

/** The power of those frequencies, summed over all frames. */
function powerOf({ values: { data, shape } }) {
  const kept = windowLength / 2 / strides;
  return data.subarray((kept / 2) * shape[1], kept * shape[1]).reduce((sum, value) => sum + value, 0);
}

const width = Math.min(...views.map(({ values }) => values.shape[1]));
const height = windowLength / 2 + 1;
const loudest = views[0].values.data.reduce((most, value) => Math.max(most, value), 0);
const picture = new Uint8ClampedArray(views.length * height * width);
views.forEach(({ values: { data, shape } }, part) => {
  for (let k = 0; k < shape[0]; k++) {
    const row = (part + 1) * height - 1 - k; // frequency 0 at the bottom
    for (let i = 0; i < width; i++) {
      const decibels = 10 * Math.log10(data[k * shape[1] + i] / loudest);
      picture[row * width + i] = 255 * (1 + decibels / 80); // 80 dB from black to white
    }
  }
});
await sharp(picture, { raw: { width, height: views.length * height, channels: 1 } })
  .toColourspace("b-w")
  .tiff({ compression: "deflate", force: false }) // where the name ends in .tif: sharp's own choice is JPEG
  .toFile(output);
console.log(`written ${output}`);
