// SPDX-License-Identifier: MIT
/** Holds dist/corr2d-NAME.wasm as hexadecimal text, in the file dist/browser-NAME.js. */
declare module "corr2d:wasm/*" {
  const hex: string;
  export default hex;
}
