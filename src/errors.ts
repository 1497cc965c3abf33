// SPDX-License-Identifier: MIT
import { lengthOf, tagOf } from "./input/intrinsics.ts";

/** Stable identifiers of all errors that this library throws; messages may change, codes do not. */
export type ErrorCode =
  /** An argument has the wrong type, shape or value. */
  | "INVALID_ARGUMENT"
  /** The arguments are valid, but the backend or algorithm that was asked for by name cannot serve them. */
  | "UNSUPPORTED"
  /** A backend or ISA that was asked for by name is missing. `cause` says why. */
  | "BACKEND_UNAVAILABLE"
  /** A backend failed while it computed, for example because memory ran out. `cause` is its own error. */
  | "BACKEND_FAILED"
  /** The plan or engine was used after `dispose()`. */
  | "DISPOSED";

/** The one class of error thrown by corr2d. */
export class Corr2dError extends Error {
  override readonly name = "Corr2dError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Makes the error for a wrong argument, such as "Expected a positive integer for strides[0] but received 0". */
export function invalid(expected: string, name: string, received: unknown): Corr2dError {
  return new Corr2dError(
    "INVALID_ARGUMENT",
    `Expected ${expected} for ${name} but received ${show(received)}`,
  );
}

/** Renders any value shortly, and safely for hostile ones. */
export function show(value: unknown): string {
  try {
    return render(value);
  } catch {
    return "a value that cannot be shown";
  }
}

function render(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  if (ArrayBuffer.isView(value)) {
    const tag = tagOf(value);
    return tag === undefined ? "DataView" : `${tag}(${lengthOf(value)})`;
  }
  if (Array.isArray(value)) {
    const shown = value.slice(0, 8).map((item) => (Array.isArray(item) ? "[...]" : show(item)));
    return `[${shown.join(", ")}${value.length > 8 ? ", ..." : ""}]`;
  }
  return `an object with keys [${Object.keys(value).slice(0, 8).join(", ")}]`;
}
