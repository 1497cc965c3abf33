// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

/** A tensor as scripts/ writes it. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** The cases of test/fixtures/NAME.jsonl, whose first line says what made them. */
export function storedCases<T>(name: string): T[] {
  const text = readFileSync(new URL(`../fixtures/${name}.jsonl`, import.meta.url), "utf8");
  const [, ...cases] = text.trimEnd().split("\n");
  return cases.map((line) => JSON.parse(line) as T);
}
