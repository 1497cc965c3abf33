// SPDX-License-Identifier: MIT
// What a stride does to sound: node examples/chapter6/sound.mjs [output folder]
// On a chirp, and on spoken words where Debian's package alsa-utils is installed. ../spectrogram.mjs takes any recording.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import decodeWav from "@audio/decode-wav";
import { corr1d, kernels, spectrogram } from "corr2d";
import { gridView, heatView, writePhotos } from "./picture.mjs";

/** Every stride-th sample, without and with a low-pass that takes away what half the rate cannot carry. */
function thin(signal, strides) {
  const lowpass = kernels.lowpass(127, { cutoff: 0.45 / strides });
  return {
    alone: corr1d(signal, [1], { strides }),
    filtered: corr1d(signal, lowpass, { strides, mode: "same", border: "mirror" }),
  };
}

/** The frequency with the most power in the frame at each time. */
function loudest({ values: { data, shape }, frequencies, times }) {
  const [bins, frames] = shape;
  return Array.from({ length: frames }, (_, frame) => {
    let best = 0;
    for (let k = 1; k < bins; k++) if (data[k * frames + frame] > data[best * frames + frame]) best = k;
    return { time: times[frame], hertz: frequencies[best], power: data[best * frames + frame] };
  });
}

const spectrogramOf = (signal, sampleRate, windowLength) =>
  spectrogram(signal, { sampleRate, windowLength, hop: windowLength / 2 });

// A chirp: t seconds from its beginning it has 100 + 1800 t Hz, at 8000 samples a second.
const rate = 8000;
const seconds = 2;
const chirp = Float32Array.from({ length: seconds * rate }, (_, i) =>
  Math.sin(2 * Math.PI * (100 * (i / rate) + 900 * (i / rate) ** 2)),
);
const { alone, filtered } = thin(chirp, 2);
const views = {
  chirp: spectrogramOf(chirp, rate, 256),
  "stride 2": spectrogramOf(alone.data, rate / 2, 128),
  "low-pass, stride 2": spectrogramOf(filtered.data, rate / 2, 128),
};

// The chirp is heard where it is; after the stride, above 2000 Hz, at the mirrored frequency; after the low-pass no more.
const within = 2 * (rate / 256); // two bins
const inside = ({ time }) => time > 0.1 && time < 1.9;
const hertzAt = (time) => 100 + 1800 * time;
for (const { time, hertz } of loudest(views.chirp).filter(inside)) {
  assert.ok(Math.abs(hertz - hertzAt(time)) <= within);
}
for (const { time, hertz } of loudest(views["stride 2"]).filter(inside)) {
  const folded = Math.min(hertzAt(time), rate / 2 - hertzAt(time));
  assert.ok(Math.abs(hertz - folded) <= within, `${hertz} Hz at ${time} s`);
}
const powers = loudest(views["low-pass, stride 2"]);
const loud = Math.max(...powers.map(({ power }) => power));
for (const { time, power } of powers.filter(inside)) {
  if (hertzAt(time) < 1600) assert.ok(power > loud / 10);
  if (hertzAt(time) > 2100) assert.ok(power < loud / 1e4);
}
console.log("the chirp folds back at 2000 Hz; behind a low-pass it ends there, at least 40 dB down");
await writePhotos("sound-chirp.png", await spectrogramsView(views));

const recording = "/usr/share/sounds/alsa/Front_Center.wav";
if (existsSync(recording)) {
  const { channelData, sampleRate } = decodeWav(readFileSync(recording));
  const x = channelData[0];
  const strides = 8;
  const thinned = thin(x, strides);
  const speech = {
    "\u201cfront center\u201d": spectrogramOf(x, sampleRate, 1024),
    "stride 8": spectrogramOf(thinned.alone.data, sampleRate / strides, 1024 / strides),
    "low-pass, stride 8": spectrogramOf(thinned.filtered.data, sampleRate / strides, 1024 / strides),
  };
  const [before, after, behindFilter] = Object.values(speech).map(({ values, frequencies }) =>
    powerBetween(values, frequencies, sampleRate / strides / 4, sampleRate / strides / 2.2),
  );
  console.log(`stride 8 makes the power from 1500 to 2700 Hz ${(after / before).toFixed(1)} times as large`);
  assert.ok(after > 1.5 * before && behindFilter < 1.1 * before);
  await writePhotos("sound-speech.png", await spectrogramsView(speech, 3000));
} else {
  console.log(`no ${recording}: the picture of speech is left out`);
}

function powerBetween({ data, shape }, frequencies, low, high) {
  let sum = 0;
  frequencies.forEach((hertz, k) => {
    if (hertz < low || hertz > high) return;
    for (let i = 0; i < shape[1]; i++) sum += data[k * shape[1] + i];
  });
  return sum;
}

/** Spectrograms of one duration side by side, 60 dB from black to light; of the first, no more than `most` Hz. */
async function spectrogramsView(spectrograms, most = Infinity) {
  const all = Object.entries(spectrograms);
  const top = all[0][1].values.data.reduce((a, b) => Math.max(a, b), 0);
  const parts = all.map(([title, { values, frequencies, times }]) => {
    const bins = frequencies.filter((hertz) => hertz <= most).length;
    const data = values.data
      .subarray(0, bins * values.shape[1])
      .map((power) => 10 * Math.log10(power / top + 1e-12));
    return heatView(
      { data, shape: [bins, values.shape[1]] },
      {
        title,
        width: 190,
        height: 170,
        domain: [-60, 0],
        x: { title: "seconds", domain: [0, times.at(-1)] },
        y: { title: "Hz", domain: [0, frequencies[bins - 1]] },
      },
    );
  });
  return {
    ...gridView(await Promise.all(parts)),
    spacing: 90,
    resolve: { scale: { x: "independent", y: "independent" } },
  };
}
