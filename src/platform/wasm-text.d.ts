/** dist/corr2d.wasm as base64 text, put there when dist/browser.js is bundled. */
declare module "corr2d:wasm" {
  const base64: string;
  export default base64;
}
