// SPDX-License-Identifier: MIT
import "../index.ts";

export * from "./learn.ts";
