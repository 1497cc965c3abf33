// SPDX-License-Identifier: MIT
import { Corr2dError, invalid, show } from "../errors.ts";

/** The names of the options `O`. A missing or surplus name does not compile. */
export type Names<O> = Readonly<Record<keyof O, true>>;

/** The names of any options. */
export type AnyNames = Readonly<Record<string, true>>;

/**
 * Copies an options object, reading each property once. Throws INVALID_ARGUMENT for a property that is in none of the
 * lists, so that `stride` instead of `strides` does not go unnoticed.
 */
export function readOptions<T extends object>(options: T | undefined, ...lists: readonly AnyNames[]): T {
  if (options === undefined) return {} as T;
  checkIsObject(options, "options");
  const copy = { ...options };
  for (const name of Object.keys(copy)) checkName(name, lists, "the name of an option");
  return copy;
}

/** Checks an options object without copying it, for calls that a copy would slow down. Throws INVALID_ARGUMENT. */
export function checkOptions(options: object | undefined, names: AnyNames): void {
  if (options === undefined) return;
  checkIsObject(options, "options");
  for (const name in options) {
    if (names[name] !== true && Object.hasOwn(options, name))
      throw unknown(name, [names], "the name of an option");
  }
}

/** Copies an object called `name`, such as a window. Throws INVALID_ARGUMENT for a property in none of the lists. */
export function readObject<T extends object>(value: T, name: string, ...lists: readonly AnyNames[]): T {
  checkIsObject(value, name);
  const copy = { ...value };
  for (const key of Object.keys(copy)) checkName(key, lists, `a property of ${name}`);
  return copy;
}

/** Throws INVALID_ARGUMENT if a function was given more arguments than it takes. */
export function checkArity(name: string, received: number, most: number): void {
  if (received > most) throw surplus(name, received, most);
}

/**
 * Makes each function refuse more arguments than it declares: by throwing, or by rejecting if its name ends in Async.
 */
export function refusingSurplus<O extends object>(functions: O): O {
  return Object.fromEntries(
    Object.entries(functions).map(([name, call]) => [
      name,
      name.endsWith("Async") ? later(name, call) : exact(name, call),
    ]),
  ) as O;
}

type AnyFunction = (...operands: unknown[]) => unknown;

/** Three operands, the most common number, are named, as a list would slow down the smallest calls. */
function exact(name: string, call: AnyFunction): AnyFunction {
  const most = call.length;
  if (most === 3) {
    return (a, b, c, ...more) => {
      if (more.length > 0) throw surplus(name, 3 + more.length, 3);
      return call(a, b, c);
    };
  }
  return (...operands) => {
    checkArity(name, operands.length, most);
    return call(...operands);
  };
}

function later(name: string, call: AnyFunction): AnyFunction {
  const most = call.length;
  return async (...operands) => {
    checkArity(name, operands.length, most);
    return call(...operands);
  };
}

function surplus(name: string, received: number, most: number): Corr2dError {
  const count = most === 0 ? "no arguments" : `at most ${most} argument${most === 1 ? "" : "s"}`;
  return new Corr2dError("INVALID_ARGUMENT", `Expected ${count} for ${name}() but received ${received}`);
}

function checkIsObject(value: unknown, name: string): void {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("an object", name, value);
}

function checkName(name: string, lists: readonly AnyNames[], what: string): void {
  for (const names of lists) if (Object.hasOwn(names, name)) return;
  throw unknown(name, lists, what);
}

function unknown(name: string, lists: readonly AnyNames[], what: string): Corr2dError {
  const known = lists.flatMap((names) => Object.keys(names));
  const near = nearest(name, known);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  const message = `Expected one of ${known.join(", ")} for ${what} but received ${show(name)}${hint}`;
  return new Corr2dError("INVALID_ARGUMENT", message);
}

/** Returns the name that differs by the fewest changes, if they are few for its length. */
function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const changes = distance(name.slice(0, 40).toLowerCase(), candidate.toLowerCase());
    if (changes < fewest && changes <= Math.max(1, Math.floor(candidate.length / 3))) {
      best = candidate;
      fewest = changes;
    }
  }
  return best;
}

/** Counts the characters to insert, delete or replace (V. I. Levenshtein, 1966). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}

/** Throws INVALID_ARGUMENT, listing what is allowed, unless `value` is one of `allowed`. */
export function checkOneOf<T extends string>(value: unknown, allowed: readonly T[], name: string): T {
  if (!allowed.includes(value as T)) {
    throw invalid(`one of ${allowed.map((item) => JSON.stringify(item)).join(", ")}`, name, value);
  }
  return value as T;
}

/** Throws INVALID_ARGUMENT for anything but a whole number from 1 to 2^31 - 1. */
export function checkPositive(value: unknown, name: string): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 0x7fffffff) {
    throw invalid("a positive integer", name, value);
  }
}
