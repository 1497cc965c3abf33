// SPDX-License-Identifier: MIT
// What the documents show is true: their code runs and prints what its comments say, their commands do, their links lead
// somewhere.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, root, run, runModule } from "../helpers/child.ts";

const documents = ["README.md", "CONTRIBUTING.md", "bench/README.md"].concat(
  readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
);
const textOf = (document: string) => readFileSync(join(root, document), "utf8");

interface Block {
  readonly document: string;
  /** Of its first line, from 1. */
  readonly line: number;
  readonly code: string;
}

/** The blocks of a language, "" for those of none. */
function blocksOf(document: string, language: string): Block[] {
  const text = textOf(document);
  const pattern = /^```(\w*)\n([\s\S]*?)^```$/gm;
  return [...text.matchAll(pattern)]
    .filter(([, name]) => name === language)
    .map(({ 2: code, index }) => ({ document, line: text.slice(0, index).split("\n").length + 1, code }));
}

/** A value as a comment begins with: numbers, an array, typed or not, an object. */
const value = /^(-?\d|\[|\{|\w+Array \[|(true|false)$)/;
const numbers = /\[-?\d/;
const declaration = /^(const|let|import)\b/;
const [start, end] = ["\u0002", "\u0003"]; // around what is printed of a value

/**
 * A block that also prints each value it claims, and the claims: `expression; // value` is what console.log prints of the
 * expression (of `console.log(...); // value`, what that prints), but for spaces and for the lengths of typed arrays. Words
 * may follow behind a colon. A comment that begins with words claims nothing, and then must not have numbers in it that
 * look as if it did.
 */
function withClaims(code: string): { module: string; claims: string[] } {
  const claims: string[] = [];
  const lines = code.split("\n").map((line) => {
    const [, statement, comment] = /^\s*(.*?);\s*\/\/ (.*)$/.exec(line) ?? [];
    if (comment === undefined || declaration.test(statement) || !value.test(comment)) {
      const words = line.split("//").at(1) ?? "";
      expect(words, "a comment that looks like a claim and is not checked").not.toMatch(numbers);
      return line;
    }
    claims.push(comparable(comment.startsWith("{") ? comment : comment.replace(/: \w.*$/, "")));
    const printing = statement.startsWith("console.log(") ? statement : `console.log(${statement})`;
    return `console.log("${start}"); ${printing}; console.log("${end}");`;
  });
  return { module: lines.join("\n"), claims };
}

/** Without spaces, and `Float32Array [1, 2]` for `Float32Array(2) [ 1, 2 ]`. */
function comparable(text: string): string {
  return text.replaceAll(/(\w+Array)\(\d+\)/g, "$1").replaceAll(/\s/g, "");
}

function succeeded({ code, stdout, stderr }: Ended): string {
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

/** Milliseconds for one program. They take a second at most, but several run at once, beside other suites. */
const timeout = 60_000;

const title = ({ document, line }: Block) => `${document}:${line}`;

describe("code", { timeout: 2 * timeout }, () => {
  const blocks = documents.flatMap((document) => blocksOf(document, "js"));

  it("is found in every document but those of words and commands alone", () => {
    const without = [
      "CONTRIBUTING.md",
      "bench/README.md",
      "docs/accuracy.md",
      "docs/cli.md",
      "docs/performance.md",
    ];
    const withCode = new Set(blocks.map(({ document }) => document));
    expect(documents.filter((document) => !withCode.has(document)).sort()).toEqual(without);
  });

  it.each(documents)("of %s is in blocks that run, or are commands", (document) => {
    const fences = textOf(document).match(/^ *(```|~~~).*$/gm) ?? [];
    const known = ["", "js"].reduce((count, language) => count + blocksOf(document, language).length, 0);
    expect(fences.length).toBe(2 * known);
  });

  it.concurrent.each(blocks.map((block) => [title(block), block] as const))("%s", async (_, { code }) => {
    const { module, claims } = withClaims(code);
    const stdout = succeeded(await runModule(module, { timeout }));
    const printed = stdout.matchAll(new RegExp(`${start}([^${end}]*)${end}`, "g"));
    expect([...printed].map(([, text]) => comparable(text))).toEqual(claims);
  });
});

describe("commands", { timeout: 2 * timeout }, () => {
  const cli = join(root, "dist", "cli.js");
  const photo = join(root, "examples", "photos", "astronaut.jpg");
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "corr2d-docs-"));
    mkdirSync(join(folder, "photos"));
    for (const name of ["photo.jpg", "photos/a.jpg"]) cpSync(photo, join(folder, name));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** As a shell runs it, which takes quotes and comments away. */
  const shell = (command: string) =>
    run("sh", ["-c", command.replace("npx corr2d", `'${process.execPath}' '${cli}'`)], {
      cwd: folder,
      timeout,
    });

  const blocks = documents.flatMap((document) => blocksOf(document, ""));
  // `corr2d bench` takes ten seconds; test/cli/cli.test.ts has it in short.
  const commands = blocks.flatMap(({ code }) => code.match(/^npx corr2d (?!bench).*$/gm) ?? []);

  it("are shown", () => {
    expect(commands.length).toBeGreaterThanOrEqual(4);
  });

  it.each(commands)("%s", async (command) => {
    succeeded(await shell(command));
    const [output] = /(?<= )(edges\.png|blurred\/)/.exec(command) ?? [];
    if (output !== undefined) expect(existsSync(join(folder, output))).toBe(true);
  });

  const sessions = blocks.filter(({ code }) => code.startsWith("$ npx corr2d "));
  it.each(sessions.map((block) => [title(block), block] as const))(
    "%s prints what is shown",
    async (_, block) => {
      const [command, ...lines] = block.code.slice("$ ".length).split("\n");
      expect(succeeded(await shell(command))).toBe(lines.join("\n"));
    },
  );
});

describe("links", () => {
  it.each(documents)("of %s lead to files that exist", (document) => {
    for (const [, path] of textOf(document).matchAll(/\]\(([\w./-]+)(?:#[\w-]+)?\)/g)) {
      expect(existsSync(join(root, dirname(document), path)), path).toBe(true);
    }
  });
});

describe("files", () => {
  it.each(documents)("that %s names exist", (document) => {
    const named = textOf(document).matchAll(
      /`((?:src|native|assembly|algorithms|test|scripts|bench|docs|examples)\/[\w./-]*)`/g,
    );
    // docs/performance.md names those of native/ without it. NAME stands for any.
    const places = (path: string) => [join(root, path), join(root, "native", path)];
    const missing = [...named].map(([, path]) => path).filter((path) => !places(path).some(existsSync));
    expect(missing.filter((path) => !path.includes("NAME"))).toEqual([]);
  });
});
