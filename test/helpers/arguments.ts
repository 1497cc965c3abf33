// SPDX-License-Identifier: MIT
// What the arguments of public functions are made of.
/** Arguments by name, in order; `options` is the last. A name may list what else messages call it. */
export type Arguments = readonly (readonly [name: string, value: unknown])[];

export const floats = (...shape: number[]) => ({
  data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(1),
  shape,
});

export const layerOptions = { strides: 1, padding: 0, dilations: 1, groups: 1, border: "constant" };
