// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

/** The version of the package that this file, bundled into dist/cli.js, lies in. */
export function packageVersion(): string {
  const url = new URL("../package.json", import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { version: string }).version;
}
