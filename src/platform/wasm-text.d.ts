// SPDX-License-Identifier: MIT
/** dist/corr2d-simd.wasm as hexadecimal text, put there when dist/browser.js is bundled. */
declare module "corr2d:wasm-simd" {
  const hex: string;
  export default hex;
}

/** dist/corr2d-relaxed.wasm likewise, in the file dist/browser-relaxed.js. */
declare module "corr2d:wasm-relaxed" {
  const hex: string;
  export default hex;
}
