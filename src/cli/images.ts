// SPDX-License-Identifier: MIT
// Reads and writes image files with sharp, an optional peer dependency that only `corr2d filter` needs.
import type { TiffOptions } from "sharp";
import type { Pixels } from "../image/pixels.ts";
import { CommandError, messageOf } from "./errors.ts";

const formats = {
  ".avif": "avif",
  ".gif": "gif",
  ".jpeg": "jpeg",
  ".jpg": "jpeg",
  ".png": "png",
  ".tif": "tiff",
  ".tiff": "tiff",
  ".webp": "webp",
} as const;

/** Replaces JPEG compression, which sharp chooses for TIFF. */
const lossless = { compression: "deflate", predictor: "horizontal" } as const;
const encodings: Partial<Record<WritableExtension, TiffOptions>> = { ".tif": lossless, ".tiff": lossless };

/** Extensions, in lower case, of the files that can be written. */
export type WritableExtension = keyof typeof formats;

export const writableExtensions = Object.keys(formats) as WritableExtension[];

export function isWritable(extension: string): extension is WritableExtension {
  return Object.hasOwn(formats, extension);
}

export interface Decoded {
  readonly pixels: Pixels;
  /** The type of the file's samples: "uchar" for 8 bits, "ushort" for 16. */
  readonly depth: string;
  /** Frames of an animation, or pages. */
  readonly frames: number;
}

export interface ImageCodec {
  /** Reads the first frame, upright, as 8-bit grey or sRGB with or without alpha. */
  decode(path: string): Promise<Decoded>;
  /** Returns the bytes of a file with this extension. */
  encode(pixels: Pixels, extension: WritableExtension): Promise<Uint8Array>;
}

/** Loads sharp. Throws CommandError if it is not installed or does not load. */
export async function loadCodec(): Promise<ImageCodec> {
  const sharp = await loadSharp();
  return {
    decode: async (path) => {
      const image = sharp(path);
      const { space, hasAlpha, depth = "uchar", pages = 1 } = await image.metadata();
      const grey = space === "b-w" || space === "grey16";
      const { data, info } = await image
        .rotate() // This follows the EXIF orientation.
        // Raw pixels of "b-w" have one channel, with or without alpha.
        .toColourspace(grey && !hasAlpha ? "b-w" : "srgb")
        .raw({ depth: "uchar" })
        .toBuffer({ resolveWithObject: true });
      const { width, height } = info;
      const channels = info.channels as Pixels["channels"];
      const pixels = { data, width, height, channels };
      return { pixels: grey && channels === 4 ? greyAlphaOf(pixels) : pixels, depth, frames: pages };
    },
    encode: (pixels, extension) => {
      const { data, width, height, channels } = pixels;
      const image = sharp(data, { raw: { width, height, channels } });
      // Without this a grey image would be written as three equal channels.
      const encoded = channels < 3 ? image.toColourspace("b-w") : image;
      return encoded.toFormat(formats[extension], encodings[extension]).toBuffer();
    },
  };
}

/** Returns grey and alpha of an image whose colour channels are equal. */
function greyAlphaOf({ data, width, height }: Pixels): Pixels {
  const pairs = new Uint8Array(2 * width * height);
  for (let i = 0; i < width * height; i++) {
    pairs[2 * i] = data[4 * i];
    pairs[2 * i + 1] = data[4 * i + 3];
  }
  return { data: pairs, width, height, channels: 2 };
}

/** Returns the version of sharp, or undefined if it cannot be used. */
export async function sharpVersion(): Promise<string | undefined> {
  try {
    return (await loadSharp()).versions.sharp;
  } catch {
    return undefined;
  }
}

async function loadSharp(): Promise<typeof import("sharp").default> {
  try {
    return (await import("sharp")).default;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") {
      throw new CommandError("reading and writing images needs the package sharp: npm install sharp");
    }
    throw new CommandError(`sharp is installed but does not load: ${messageOf(error)}`);
  }
}
