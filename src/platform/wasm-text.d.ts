/** dist/corr2d-simd.wasm as base64 text, put there when dist/browser.js is bundled. */
declare module "corr2d:wasm-simd" {
  const base64: string;
  export default base64;
}

/** dist/corr2d-relaxed.wasm likewise, in the file dist/browser-relaxed.js. */
declare module "corr2d:wasm-relaxed" {
  const base64: string;
  export default base64;
}
