// SPDX-License-Identifier: MIT
// The photograph of the experiments.
import { fileURLToPath } from "node:url";
import sharp from "sharp";

const file = fileURLToPath(new URL("../photos/astronaut.jpg", import.meta.url));

/** The head, in planes of red, green and blue from 0 to 1: [1, 3, size, size]. */
export async function readPhoto(size) {
  const image = sharp(file).extract({ left: 150, top: 10, width: 176, height: 176 }).resize(size, size);
  const { data } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const count = size * size;
  const planes = new Float32Array(3 * count);
  for (let i = 0; i < planes.length; i++) planes[(i % 3) * count + Math.floor(i / 3)] = data[i] / 255;
  return { data: planes, shape: [1, 3, size, size] };
}

/** The luminance of an image of three channels, as Rec. 709 weighs them: [height, width]. */
export function luminance({ data, shape: [, , height, width] }) {
  const count = height * width;
  const grey = Float32Array.from(
    { length: count },
    (_, i) => 0.2126 * data[i] + 0.7152 * data[count + i] + 0.0722 * data[2 * count + i],
  );
  return { data: grey, shape: [height, width] };
}

/** One channel of an image, [height, width]. */
export function channel({ data, shape: [, , height, width] }, index) {
  const count = height * width;
  return { data: data.subarray(index * count, (index + 1) * count), shape: [height, width] };
}
