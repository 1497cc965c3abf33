// SPDX-License-Identifier: MIT
// What is wrong with a call is said of the argument that the caller gave: its name, its value, and what would do.
import type { Corr2dError } from "corr2d";
import { describe, expect, it } from "vitest";
import { publicCalls } from "../helpers/public-calls.ts";

const calls = await publicCalls();

/** An array of billions of places, all of them empty: none of them may be walked through. */
const endless = () => new Array(2 ** 32 - 1);

/** Answers everything with itself, and is callable. */
const evasive: unknown = new Proxy(() => {}, {
  get: (_, key) => (key === "then" || key === Symbol.toPrimitive ? undefined : evasive),
  has: () => true,
  ownKeys: () => ["prototype"],
});

/** Values that no argument takes. */
const wrong: Record<string, unknown> = {
  null: null,
  "a symbol": Symbol("junk"),
  "a text": "junk",
  "an endless array": endless(),
};

/** Values that some arguments take. */
const junk: Record<string, unknown> = {
  ...{ true: true, NaN: Number.NaN, "-1.5": -1.5, Infinity: Number.POSITIVE_INFINITY, huge: 1e300 },
  ...{
    "2 ** 31": 2 ** 31,
    "-0": -0,
    bigint: 10n,
    function: () => 1,
    proxy: evasive,
    regexp: /x/,
    date: new Date(0),
  },
  ...{
    undefined: undefined,
    "empty object": {},
    "empty array": [],
    "array of itself": [[[[]]]],
    map: new Map(),
  },
  ...{
    holes: new Array(2),
    "holes of four": new Array(4),
    mixed: [1, "2", null],
    "typed int": new Int16Array(4),
  },
  ...{ "no data": { shape: [1, 1] }, "no shape": { data: new Float32Array(1) }, buffer: new ArrayBuffer(8) },
  ...{ "endless shape": { data: new Float32Array(1), shape: endless() }, "nested endless": [[[endless()]]] },
  ...{
    "negative shape": { data: new Float32Array(1), shape: [-1, -1, -1, -1] },
    "proxied array": new Proxy([], {}),
  },
  ...{ stride: { data: new Float32Array(1), shape: [1, 1, 1, 1], stride: "junk", offset: {} } },
};

async function failureOf(
  call: (...values: never[]) => unknown,
  values: readonly unknown[],
): Promise<unknown> {
  try {
    await call(...(values as never[]));
  } catch (error) {
    return error ?? "undefined was thrown";
  }
  return undefined;
}

const codes = ["INVALID_ARGUMENT", "UNSUPPORTED", "BACKEND_FAILED", "BACKEND_UNAVAILABLE"];

/** Where a message names what an argument holds, or what its default is made of. */
const aliases: Record<string, string> = { examples: "inputs" };

/** One object of options serves all gradients: that of the bias reads the layout alone. */
const isRead = (name: string, option: string) =>
  (!name.includes("conv2dGradBias") || option === "inputLayout") &&
  // Any text may begin the name of a tensor.
  !(name === "learn.load" && option === "prefix");

describe.each([...calls])("%s", (called, { call, values }) => {
  const given = values.map(([, value]) => value);
  const replaced = (at: number, value: unknown) => given.map((old, i) => (i === at ? value : old));

  if (values.length === 0) it("takes nothing", () => void call());
  values.forEach(([name], at) => {
    it(`names ${name}`, async () => {
      for (const [what, value] of Object.entries(wrong)) {
        const error = await failureOf(call, replaced(at, value));
        expect(error, what).toMatchObject({ name: "Corr2dError", code: "INVALID_ARGUMENT" });
        expect((error as Error).message, what).toContain(
          name === "options" ? "option" : (aliases[name] ?? name),
        );
      }
    });

    it(`throws its own errors only, for junk as ${name}`, async () => {
      for (const [what, value] of Object.entries(junk)) {
        const error = await failureOf(call, replaced(at, value));
        if (error !== undefined) expect({ what, error }).toMatchObject({ error: { name: "Corr2dError" } });
        if (error !== undefined) expect(codes, what).toContain((error as Corr2dError).code);
      }
    });
  });

  const at = values.findIndex(([name]) => name === "options");
  if (at < 0) return;
  const options = given[at] as Record<string, unknown>;
  it.each(Object.keys(options).filter((option) => isRead(called, option)))(
    "names the option %s",
    async (option) => {
      for (const [what, value] of Object.entries({ ...wrong, ...junk })) {
        // A function of the caller's may do as it likes.
        if (value === undefined || (typeof value === "function" && typeof options[option] === "function"))
          continue;
        const error = await failureOf(call, replaced(at, { ...options, [option]: value }));
        if (what in wrong) expect(error, what).toBeDefined();
        if (error === undefined) continue;
        expect({ what, error }).toMatchObject({ error: { name: "Corr2dError" } });
        if (what in wrong)
          expect((error as Error).message.toLowerCase(), what).toContain(option.toLowerCase());
      }
    },
  );
});
