// SPDX-License-Identifier: MIT

/**
 * Characters that stand for a byte each: printable ASCII without what a string or a template would escape.
 * scripts/bundle.mjs writes them.
 *
 * @public
 */
export const characters = /* @__PURE__ */ Array.from(
  { length: 89 },
  (_, i) => i + (i < 57 ? 35 : i < 60 ? 36 : 37),
);
const escapeMark = 126; // "~"

/**
 * The bytes of a module that scripts/bundle.mjs wrote as text: first the bytes that `characters` stand for, in
 * hexadecimal; then a character for each of these bytes, and "~" and two hexadecimal digits for any other. Such a text is
 * half as long as one of hexadecimal digits alone, and smaller than it when compressed.
 */
export function wasmBytesOf(text: string): Uint8Array<ArrayBuffer> {
  const byteAt = (i: number) => Number.parseInt(text.slice(i, i + 2), 16);
  const byteOf: number[] = [];
  characters.forEach((character, i) => {
    byteOf[character] = byteAt(2 * i);
  });
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 2 * characters.length; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === escapeMark) {
      bytes[length++] = byteAt(i + 1);
      i += 2;
    } else {
      bytes[length++] = byteOf[character];
    }
  }
  return bytes.slice(0, length);
}
