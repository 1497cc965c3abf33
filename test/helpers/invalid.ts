// SPDX-License-Identifier: MIT
// Tables of invalid arguments, one test for each row.
import { Corr2dError } from "corr2d";
import { expect, it } from "vitest";

export const floats = (...shape: number[]) => ({
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  shape,
});
export const doubles = (...shape: number[]) => ({
  data: new Float64Array(shape.reduce((a, b) => a * b, 1)),
  shape,
});

/** A value in the name of a test, whatever it is. */
function shown(value: unknown): string {
  const plain = (_: string, item: unknown) =>
    typeof item === "bigint" ||
    typeof item === "function" ||
    (typeof item === "number" && !Number.isFinite(item))
      ? String(item)
      : ArrayBuffer.isView(item)
        ? `${item.constructor.name} of ${item.byteLength} bytes`
        : item;
  try {
    return JSON.stringify(value, plain) ?? "undefined";
  } catch {
    return "an object that cannot be shown";
  }
}

/** One test for each row of a table; the last item of a row is what the message must hold. */
export function each<T extends readonly unknown[]>(
  what: string,
  rows: readonly T[],
  check: (...row: T) => unknown,
): void {
  for (const row of rows)
    it(`${what} ${row.slice(0, -1).map(shown).join(": ")}`, async () => void (await check(...row)));
}

/** What comes out of a call that must fail, at once or later. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return undefined;
}

export async function expectInvalid(call: () => unknown, names: string): Promise<void> {
  const error = await failureOf(call);
  expect(error, "nothing was thrown").toBeInstanceOf(Corr2dError);
  expect((error as Corr2dError).code).toBe("INVALID_ARGUMENT");
  expect((error as Corr2dError).message).toContain(names);
}
