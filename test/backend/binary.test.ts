// SPDX-License-Identifier: MIT
// What the addon for Linux asks of the system, and how its memory is protected, as binutils see it.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root, run } from "../helpers/child.ts";

const folder = join(root, "prebuilds");
const addons = readdirSync(folder).filter((name) => name.startsWith("linux-"));

/** The newest version of each library's symbols in Debian 10: glibc 2.28 and GCC 8.3. */
const newest = {
  GLIBC: "2.28",
  GLIBCXX: "3.4.25",
  CXXABI: "1.3.11",
  GCC: "7.0.0",
} as const;

async function output(command: string, ...args: string[]): Promise<string> {
  const ended = await run(command, args);
  expect([ended.code, ended.stderr]).toEqual([0, ""]);
  return ended.stdout;
}

/** Whether version `a` comes after version `b`. */
function isNewer(a: string, b: string): boolean {
  return a.localeCompare(b, "en", { numeric: true }) > 0;
}

describe.skipIf(process.platform !== "linux").each(addons)("the addon of %s", (name) => {
  const addon = join(folder, name, "corr2d.node");

  it("asks for no symbol that Debian 10 lacks", async () => {
    const symbols = await output("objdump", "-T", addon);
    const wanted = [...symbols.matchAll(/\(?\b(GLIBC|GLIBCXX|CXXABI|GCC)_([\d.]+)\)? +(\S+)/g)];
    expect(new Set(wanted.map(([, library]) => library))).toEqual(new Set(Object.keys(newest)));
    const tooNew = wanted.filter(([, library, version]) =>
      isNewer(version, newest[library as keyof typeof newest]),
    );
    expect(tooNew.map(([text]) => text)).toEqual([]);
    // Names such as GLIBC_PRIVATE or GLIBC_ABI_DT_RELR carry no number; the table of versions lists them too.
    const versions = await output("readelf", "--version-info", "--wide", addon);
    const names = [...versions.matchAll(/Name: (\w+_[\w.]+)/g)].map(([, version]) => version);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((version) => !/^(GLIBC|GLIBCXX|CXXABI|GCC)_[\d.]+$/.test(version))).toEqual([]);
  });

  it("needs no library but those of C and C++", async () => {
    const dynamic = await output("readelf", "--dynamic", "--wide", addon);
    const libraries = [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, library]) => library);
    const allowed =
      /^(libstdc\+\+\.so\.6|libm\.so\.6|libgcc_s\.so\.1|libc\.so\.6|libpthread\.so\.0|ld-linux.*)$/;
    expect(libraries.filter((library) => !allowed.test(library))).toEqual([]);
  });

  it("exports what Node calls, and nothing that another library could take for its own", async () => {
    const symbols = await output("nm", "--dynamic", "--defined-only", "--format=posix", addon);
    const names = symbols
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]);
    expect(names.sort()).toEqual(["napi_register_module_v1", "node_api_module_get_api_version_v1"]);
  });

  it("binds its symbols when it loads, then makes their table read-only; its stack does not execute", async () => {
    const dynamic = await output("readelf", "--dynamic", "--wide", addon);
    expect(dynamic).toMatch(/\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*\bNOW\b/);
    // Code that has to be changed when it loads would stay writable while that happens.
    expect(dynamic).not.toContain("(TEXTREL)");
    const segments = await output("readelf", "--segments", "--wide", addon);
    expect(segments).toMatch(/GNU_RELRO/);
    expect(segments).toMatch(/GNU_STACK .* RW +0x/);
    expect(segments).not.toMatch(/LOAD .* (W E|RWE) /);
  });

  it("checks its stack frames", async () => {
    expect(await output("objdump", "-T", addon)).toMatch(/ __stack_chk_fail$/m);
  });
});
