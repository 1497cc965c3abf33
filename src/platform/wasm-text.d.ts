// SPDX-License-Identifier: MIT
/** dist/corr2d-NAME.wasm as hexadecimal text: the file dist/browser-NAME.js. */
declare module "corr2d:wasm/*" {
  const hex: string;
  export default hex;
}
