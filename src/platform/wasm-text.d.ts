// SPDX-License-Identifier: MIT
/** dist/corr2d-NAME.wasm as `wasmBytesOf` reads it: the file dist/browser-NAME.js. */
declare module "corr2d:wasm/*" {
  const text: string;
  export default text;
}
