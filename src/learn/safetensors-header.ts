// SPDX-License-Identifier: MIT
// The header of a safetensors file is JSON in which no key occurs twice.
import { Corr2dError, show } from "../errors.ts";

/** The limit of the reference implementation; no well-meant header is larger. */
const mostHeaderBytes = 100_000_000;

/**
 * Returns the header's object, and the byte at which the elements begin. Throws INVALID_ARGUMENT if it is malformed.
 */
export function readHeader(file: Uint8Array): { header: object; dataStart: number } {
  if (file.length < 8) throw malformed(`is ${file.length} bytes long, too short for the length of a header`);
  const length = Number(new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true));
  if (length > Math.min(mostHeaderBytes, file.length - 8)) {
    throw malformed(`has ${file.length} bytes, but a header of ${length}`);
  }
  if (file[8] !== 0x7b || length === 0) throw malformed("has a header that does not begin with {");
  // Decoders refuse shared memory, so the bytes are copied.
  const bytes = new Uint8Array(file.subarray(8, 8 + length));
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw malformed("has a header that is no JSON in UTF-8", { cause });
  }
  checkTokens(text);
  return { header: header as object, dataStart: 8 + length };
}

/**
 * Refuses valid JSON that JSON.parse reads too leniently: equal keys, of which it forgets the first; 1e1, which it
 * reads as the whole number 10; and half a surrogate pair.
 */
function checkTokens(json: string): void {
  const keysOfOpen: Set<string>[] = [];
  const number = /-?\d[\d.eE+-]*/y;
  const colon = /\s*:/y;
  for (let at = 0; at < json.length; at++) {
    const first = json[at];
    if (first === "{") keysOfOpen.push(new Set());
    else if (first === "}") keysOfOpen.pop();
    else if (first === '"') {
      const end = endOfString(json, at);
      const text: string = JSON.parse(json.slice(at, end));
      if (!isUnicode(text)) throw malformed(`has half a character in ${show(text)}`);
      at = end - 1;
      colon.lastIndex = end;
      if (!colon.test(json)) continue;
      const keys = keysOfOpen[keysOfOpen.length - 1];
      if (keys.has(text)) throw malformed(`has the key ${show(text)} twice`);
      keys.add(text);
    } else if (first === "-" || (first >= "0" && first <= "9")) {
      number.lastIndex = at;
      const [digits] = number.exec(json) as RegExpExecArray;
      // A number that is not whole in any spelling is refused where it is used.
      const isWhole = Number.isInteger(Number(digits)) && Number(digits) >= 0;
      if (isWhole && !/^\d+$/.test(digits)) throw malformed(`has the number ${digits} in its header`);
      at += digits.length - 1;
    }
  }
}

/** Returns the place behind the closing quote of the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** Whether a text has no half of a surrogate pair, which UTF-8 cannot hold. */
export const isUnicode = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** Makes the error for a file that breaks a rule of the format. */
export function malformed(what: string, options?: ErrorOptions): Corr2dError {
  return new Corr2dError(
    "INVALID_ARGUMENT",
    `Expected a safetensors file but received one that ${what}`,
    options,
  );
}
