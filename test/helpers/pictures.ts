// SPDX-License-Identifier: MIT
// The pictures of docs/chapter6.md, and what the examples made just now.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect } from "vitest";
import { root } from "./child.ts";

const folder = join(root, "docs", "chapter6");

/** The names of the pictures that are checked in. */
export const checkedIn = readdirSync(folder)
  .filter((name) => /\.(png|svg)$/.test(name))
  .sort();

/** Each picture of a folder has the size, or nearly, of that of its name which is checked in, and is not one colour all over. */
export async function expectPictures(made: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const { width, height } = await sharp(join(made, name)).metadata();
    const there = await sharp(join(folder, name)).metadata();
    // How wide text is depends on the fonts of the machine.
    expect(Math.abs(width / there.width - 1), name).toBeLessThan(0.1);
    expect(Math.abs(height / there.height - 1), name).toBeLessThan(0.1);
    const { entropy } = await sharp(join(made, name)).flatten({ background: "white" }).stats();
    expect(entropy, name).toBeGreaterThan(0);
  }
}
