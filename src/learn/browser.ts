// SPDX-License-Identifier: MIT
import "../browser.ts";

export * from "./learn.ts";
