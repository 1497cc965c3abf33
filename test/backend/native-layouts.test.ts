// SPDX-License-Identifier: MIT
// Fields and codes that cross to C++ have the same names in the same order on both sides, or the addon does not load.
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { codes, layouts } from "../../dist/backend/native/layouts.js";
import { type NativeAddon, nativeBackends } from "../../dist/backend/native/native.js";

const addon: NativeAddon = createRequire(import.meta.url)(
  `../../prebuilds/${process.platform}-${process.arch}/corr2d.node`,
);
const kinds = Object.keys(layouts) as (keyof typeof layouts)[];

/** Opens the addon as if it were built with other fields. */
const open = (changed: object | undefined) =>
  nativeBackends({ ...addon, layouts: changed } as unknown as NativeAddon);

describe("the addon", () => {
  it("has the layouts that are written in TypeScript", () => {
    expect(addon.layouts).toEqual(layouts);
    for (const [name, list] of Object.entries(codes)) expect(addon.codes[name]).toBe(list.join(", "));
    expect(nativeBackends(addon).isas).toEqual(addon.isas);
  });

  it.each(kinds)("does not load if a field of %s is one side's alone, or elsewhere", (kind) => {
    const fields: readonly string[] = addon.layouts[kind];
    const others = [
      [...fields, "more"],
      fields.slice(1),
      [fields[1], fields[0], ...fields.slice(2)],
      fields.map((name) => (name === "dtype" ? "type" : name)),
    ];
    for (const other of others) {
      expect(() => open({ ...addon.layouts, [kind]: other })).toThrow(/built for another version of corr2d/);
    }
  });

  it("does not load if it lacks a kind, has one more, or knows no layouts", () => {
    const { fold: _, ...fewer } = addon.layouts;
    for (const other of [fewer, { ...addon.layouts, more: ["batch"] }, undefined]) {
      expect(() => open(other)).toThrow(/built for another version of corr2d/);
    }
  });

  it.each(Object.keys(codes))("does not load if a code of %s is one side's alone, or another", (name) => {
    const names = addon.codes[name].split(", ");
    const others = [[...names, "more"], names.slice(1), [names[1], names[0], ...names.slice(2)], undefined];
    for (const other of others) {
      const changed = { ...addon, codes: { ...addon.codes, [name]: other?.join(", ") } };
      expect(() => nativeBackends(changed as unknown as NativeAddon)).toThrow(`it takes "${name}" as`);
    }
  });

  it("refuses arrays of other types and lengths, and what was disposed of", () => {
    const [x, y, three] = [new Float32Array(4), new Float32Array(4), new Float32Array(3)];
    const one = Float64Array.from(layouts.interleave, (name) => (/top|left|dtype/.test(name) ? 0 : 1));
    const four = one.with(3, 4);
    const handle = addon.prepare("interleave", four, null, 0, 1, null, null, null);
    x.set([1, 2, 3, 4]);
    addon.run(handle, x, null, null, y, null);
    expect(y).toEqual(x);
    expect(() => addon.run(handle, three, null, null, y, null)).toThrow("wrong length");
    expect(() => addon.run(handle, x, null, null, new Int32Array(4), null)).toThrow("element type");
    expect(() => addon.run(handle, null, null, null, y, null)).toThrow("expected a typed array");
    addon.dispose(handle);
    expect(() => addon.run(handle, x, null, null, y, null)).toThrow("disposed of");
    const prepare = (kind: string, fields: Float64Array) =>
      addon.prepare(kind as "interleave", fields, null, 0, 1, null, null, null);
    expect(() => prepare("interleave", four.with(0, -1))).toThrow("images is out of range");
    expect(() => prepare("interleave", four.with(0, Number.NaN))).toThrow("images is out of range");
    // Rows of 2^32 - 1 strides, beyond 64 bits.
    const far = Float64Array.from(layouts.interleave, (name) =>
      /rows|columns|stride/.test(name) ? 2 ** 32 - 1 : Number(!/top|left|dtype/.test(name)),
    );
    expect(() => prepare("interleave", far)).toThrow("sizes must be from 1 to 2147483647");
    expect(() => prepare("interleave", four.subarray(1))).toThrow("as many fields");
    expect(() => prepare("interleaf", four)).toThrow("no such kind");
    const patches = Float64Array.from(layouts.unfold, (name) =>
      /depth|stride/.test(name) ? 2 : Number(!/value|dtype/.test(name)),
    );
    const unfold = () => addon.prepare("unfold", patches, Int32Array.of(0, 0, 0, 1), 0, 1, null, null, null);
    expect(unfold).toThrow("only pixels of one number lie a stride apart");
  });
});
