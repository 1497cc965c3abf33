// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

/** Returns the version of the package that holds this file, bundled into dist/cli.js. */
export function packageVersion(): string {
  const url = new URL("../package.json", import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { version: string }).version;
}
