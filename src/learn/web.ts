// SPDX-License-Identifier: MIT
import "../web.ts";

export * from "./learn.ts";
