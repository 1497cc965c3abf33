// SPDX-License-Identifier: MIT
/** dist/corr2d-NAME.wasm as hexadecimal text: in dist/browser.js itself, or in the file dist/wasm-NAME.js. */
declare module "corr2d:wasm/*" {
  const hex: string;
  export default hex;
}
