// SPDX-License-Identifier: MIT
// The command as a user runs it: dist/cli.js in a process of its own, in a folder of its own.
import { execFile, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Corr2dOptions, createEngine } from "corr2d";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cli = join(root, "dist", "cli.js");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
// The reference backend is there everywhere.
const env = { ...process.env, CORR2D_BACKEND: "reference" };

const engine = await createEngine({ backend: "reference" });

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "corr2d-cli-"));
  mkdirSync(at("photos"));
  const size = { width: 12, height: 9 };
  const colour = { create: { ...size, channels: 3, background: "#4080c0" } } as const;
  await sharp(colour).png().toFile(at("colour.png"));
  await sharp(colour).jpeg().toFile(at("photos/a.jpg"));
  await sharp(colour).toColourspace("b-w").png().toFile(at("photos/grey.png"));
  await sharp(colour).ensureAlpha(0.5).png().toFile(at("photos/alpha.png"));
  cpSync(at("colour.png"), at("photo[1].png"));
  writeFileSync(at("broken.png"), "this is no image");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

function corr2d(...args: string[]): Promise<Result> {
  return run(cli, args);
}

function run(script: string, args: string[]): Promise<Result> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code as unknown as number), stdout, stderr });
    });
  });
}

async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await corr2d(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("wrong usage is answered with one line and exit code 2", () => {
  it.concurrent.each([
    ["", "a command is missing: filter, explain, info or bench; see corr2d --help"],
    ["blur", "unknown command 'blur'"],
    ["filter", "filter takes at least one input and an output; see corr2d filter --help"],
    ["filter colour.png", "filter takes at least one input and an output; see corr2d filter --help"],
    ["filter colour.png out.png --kernal sobel", "unknown option '--kernal' (Did you mean --kernel?)"],
    [
      "filter colour.png out.png --kernel sobol",
      "option '-k, --kernel <name>' argument 'sobol' is invalid. Allowed choices are sobel, prewitt, scharr, " +
        "laplacian, gaussian, box, sharpen, emboss, identity.",
    ],
    [
      "filter colour.png out.png --kernel gaussian --sigma wide",
      "option '--sigma <number>' argument 'wide' is invalid. Expected a number above 0.",
    ],
    [
      "filter colour.png out.png --kernel box --size 2.5",
      "option '--size <pixels>' argument '2.5' is invalid. Expected a whole number above 0.",
    ],
    [
      "filter colour.png out.png --kernel box --size 5000",
      "Expected a whole number from 1 to 4095 for size but received 5000",
    ],
    ["filter colour.png out.png --sigma 2", "--sigma goes with --kernel gaussian, not with sobel"],
    ["filter missing.png out.png", "no such file: missing.png"],
    ["filter no*.png out.png", "no file matches no*.png"],
    ["filter photos out.png", "photos is a folder; name files or a glob in it"],
    ["filter colour.png missing/out.png", "no such folder: missing"],
    [
      "filter colour.png out.bmp",
      "cannot write .bmp files (out.bmp); use one of .avif .gif .jpeg .jpg .png .tif .tiff .webp",
    ],
    ["filter colour.png colour.png", "colour.png would replace an input; choose another output"],
    ["filter photos/*.png out.png", "2 inputs need a folder as output but out.png is a file name"],
    [
      "explain --kernel 0,1;2",
      "option '--kernel <matrix>' argument '0,1;2' is invalid. Expected rows of equal length.",
    ],
    [
      "explain --input 0,one",
      "option '--input <matrix>' argument '0,one' is invalid. Expected rows of numbers, such as \"0,1;2,3\".",
    ],
    [
      "explain --input 1,,2",
      "option '--input <matrix>' argument '1,,2' is invalid. Expected rows of numbers, such as \"0,1;2,3\".",
    ],
    [
      "explain --at 1",
      "option '--at <row,column>' argument '1' is invalid. Expected a row and a column, counted from 0, such as \"0,1\".",
    ],
    [
      "explain --padding 1,2,3",
      "option '--padding <numbers>' argument '1,2,3' is invalid. Expected one, two or four numbers, same, valid or full.",
    ],
    ["explain --at 0,2", "--at 0,2 lies outside of the output, which is 2 x 2"],
    [
      "explain --kernel 1,2 --input 3",
      "Expected a kernel that fits into the padded input (1 x 1) for --kernel with its dilations but received [1, 2]",
    ],
    ["explain --strides 0", "Expected a positive integer for strides but received 0"],
    ["explain --mode same --padding 1", "Expected nothing, as mode is given, for padding but received 1"],
    ["explain --padding 19", "more than can be drawn: at most 40 rows and columns, padding included"],
    ["info --threads 2", "unknown option '--threads'"],
  ])("corr2d %s", async (line, message) => {
    const { code, stdout, stderr } = await corr2d(...line.split(" ").filter(Boolean));
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `corr2d: ${message}\n` });
  });
});

describe("corr2d filter", () => {
  it("says what it did", async () => {
    const stdout = await succeed("filter", "colour.png", "told.png", "--repeat", "3");
    expect(stdout).toMatch(
      /^image +colour.png, 12 x 9\nkernel +sobel, border reflect\nbackend +reference \(/,
    );
    expect(stdout).toMatch(/\nfilter +[\d.]+ ms \(median of 3 runs\), [\d.]+ megapixels\/s\n/);
    expect(stdout).toMatch(/\nwritten +told.png\n$/);
  });

  it("writes edges as a grey image: black where there are none", async () => {
    await succeed("filter", "colour.png", "edges.png");
    const { data, info } = await sharp(at("edges.png"))
      .toColourspace("b-w")
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 12, height: 9, channels: 1 });
    expect((await sharp(at("edges.png")).metadata()).channels).toBe(1);
    expect(data.every((sample) => sample === 0)).toBe(true);
  });

  it("keeps the pixels with the identity kernel, whatever the channels", async () => {
    await succeed("filter", "colour.png", "photos/*.png", "same/", "--kernel", "identity");
    for (const name of ["colour.png", "photos/grey.png", "photos/alpha.png"]) {
      const copy = at(join("same", name.replace("photos/", "")));
      expect((await sharp(copy).metadata()).channels).toBe((await sharp(at(name)).metadata()).channels);
      expect(await sharp(copy).raw().toBuffer()).toEqual(await sharp(at(name)).raw().toBuffer());
    }
  });

  it("expands globs into a folder that it creates, and leaves nothing else there", async () => {
    const args = ["photos/*", "a/b", "--kernel", "gaussian", "--sigma", "1.5"];
    const { code, stdout, stderr } = await corr2d("filter", ...args);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^corr2d: photos.alpha.png: warning: .* transparent pixels .*\n$/);
    expect(stdout).toMatch(/3 files on reference \(javascript, 1 thread\), [\d.]+ megapixels\/s\n$/);
    expect(readdirSync(at("a/b")).sort()).toEqual(["a.jpg", "alpha.png", "grey.png"]);
  });

  it("takes a file whose name looks like a glob", async () => {
    await succeed("filter", "photo[1].png", "brackets.webp", "--kernel", "emboss");
    expect((await sharp(at("brackets.webp")).metadata()).format).toBe("webp");
  });

  it("refuses to write two inputs to one output", async () => {
    mkdirSync(at("twin"), { recursive: true });
    cpSync(at("colour.png"), at("twin/colour.png"));
    const { code, stderr } = await corr2d("filter", "colour.png", "twin/colour.png", "one");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^corr2d: colour.png and .* would both be written to one.colour.png\n$/);
  });

  it("goes on after a file that fails, names it, and ends with exit code 1", async () => {
    const { code, stdout, stderr } = await corr2d("filter", "broken.png", "colour.png", "some");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^corr2d: broken.png: .*unsupported image format\n$/);
    expect(stdout).toContain("1 file on reference");
    expect(readdirSync(at("some"))).toEqual(["colour.png"]);
  });

  it("prints one JSON document", async () => {
    const args = ["broken.png", "colour.png", "json", "--kernel", "box", "--size", "5", "--border", "wrap"];
    const { code, stdout } = await corr2d("filter", ...args, "--algorithm", "im2col", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      kernel: "box",
      size: 5,
      border: "wrap",
      repeat: 1,
      files: [
        { input: "broken.png", output: join("json", "broken.png"), error: expect.any(String) },
        {
          input: "colour.png",
          output: join("json", "colour.png"),
          width: 12,
          height: 9,
          channels: 3,
          backend: "reference",
          isa: "javascript",
          threads: 1,
          algorithm: "im2col",
          milliseconds: {
            decode: expect.any(Number),
            filter: expect.any(Number),
            encode: expect.any(Number),
          },
          megapixelsPerSecond: expect.any(Number),
          warnings: [],
        },
      ],
    });
  });

  it("says how to get sharp where it is missing", async () => {
    cpSync(join(root, "dist"), at("alone/dist"), { recursive: true });
    cpSync(join(root, "package.json"), at("alone/package.json"));
    const { code, stdout, stderr } = await run(at("alone/dist/cli.js"), [
      "filter",
      "colour.png",
      "alone.png",
    ]);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: "corr2d: reading and writing images needs the package sharp: npm install sharp\n",
    });
  });

  it.skipIf(process.platform === "win32")("leaves no file behind when it is interrupted", async () => {
    const size = { width: 700, height: 700 };
    await sharp({ create: { ...size, channels: 3, background: "red" } })
      .png()
      .toFile(at("large.png"));
    const args = [
      cli,
      "filter",
      "large.png",
      "never/",
      "--kernel",
      "box",
      "--size",
      "127",
      "--backend",
      "wasm",
    ];
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: "ignore" });
    const exit = new Promise((resolve) => child.on("exit", resolve));
    const started = () => existsSync(at("never"));
    while (!started()) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGINT");
    expect(await exit).toBe(130);
    expect(readdirSync(at("never"))).toEqual([]);
  });
});

describe("corr2d explain", () => {
  it("draws the window, the products and their sum", async () => {
    expect(await succeed("explain", "--at", "0,1", "--padding", "1,0", "--strides", "2,1")).toBe(
      `input [3, 3], kernel [2, 2] -> output [2, 2]

input, padded    kernel     output
(0) [0] [0]       0   1      .  [8]
 0  [1] [2]       2   3      .   .
 3   4   5
 6   7   8
(0) (0) (0)

[ ] what the kernel lies on, ( ) padding

output[0, 1]:
   0  *    0  =  0   padding * kernel[0, 0]
+  0  *    1  =  0   padding * kernel[0, 1]
+  1  *    2  =  2   input[0, 1] * kernel[1, 0]
+  2  *    3  =  6   input[0, 2] * kernel[1, 1]
         sum  =  8
`,
    );
  });

  it("shows the chapter's example when nothing is given", async () => {
    expect(await succeed("explain")).toContain("\n         sum  =  19\n");
  });

  const input = [
    [3, -1, 4, 1],
    [-5, 9, 2, -6],
    [5, 3, 5, 8],
  ];
  const kernel = [
    [2, -7, 1],
    [8, 2, -8],
  ];
  it.concurrent.each<Corr2dOptions>([
    { mode: "full" },
    { mode: "same" },
    { padding: [1, 0, 2, 3], strides: [2, 1] },
    { padding: 2, dilations: [2, 1], border: "mirror" },
    { padding: "same", strides: 2, border: "wrap" },
  ])("computes what corr2d does, with %o", async (options) => {
    const expected = engine.corr2d(input, kernel, options);
    const text = (matrix: number[][]) => matrix.map((row) => row.join()).join(";");
    const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const at = expected.shape.map((size) => size - 1);
    const stdout = await succeed(
      ...["explain", "--input", text(input), "--kernel", text(kernel), "--at", at.join(), "--json", ...flags],
    );
    const report = JSON.parse(stdout);
    expect(report.outputShape).toEqual(expected.shape);
    expect(report.value).toBe(expected.data.at(-1));
    expect(report.products).toHaveLength(6);
  });
});

describe("corr2d info", () => {
  it("lists versions and backends", async () => {
    const stdout = await succeed("info");
    expect(stdout).toMatch(
      new RegExp(`^corr2d +${version.replaceAll(".", "\\.")}\nnode +${process.versions.node} `),
    );
    expect(stdout).toMatch(/\nCORR2D_BACKEND +reference\n/);
    for (const name of ["native", "wasm", "reference"]) expect(stdout).toMatch(new RegExp(`\n${name} +\\w`));
  });

  it("prints one JSON document", async () => {
    const report = JSON.parse(await succeed("info", "--json"));
    expect(report).toMatchObject({
      corr2d: version,
      node: process.versions.node,
      napi: process.versions.napi,
    });
    expect(report.environment.CORR2D_BACKEND).toBe("reference");
    expect(report.backends.map(({ name }: { name: string }) => name)).toEqual([
      "native",
      "wasm",
      "reference",
    ]);
  });

  it.skipIf(process.platform === "win32")("ends quietly when nobody reads its output", async () => {
    const child = spawn(process.execPath, [cli, "info"], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(128 + 13);
    expect(stderr).toBe("");
  });
});

describe("corr2d bench", () => {
  it("checks and times every algorithm of a backend", async () => {
    const report = JSON.parse(await succeed("bench", "--backend", "wasm", "--json"));
    expect(report.cases).toHaveLength(4);
    for (const { name, results } of report.cases) {
      const algorithms = results.map(({ algorithm }: { algorithm: string }) => algorithm);
      const winograd = name.startsWith("3x3") ? ["winograd"] : [];
      const depthwise = name.startsWith("5x5 filter") ? ["depthwise"] : [];
      expect(algorithms).toEqual(["direct", "im2col", "strided", ...winograd, ...depthwise]);
      const ratios = results.map(({ ratioToBest }: { ratioToBest: number }) => ratioToBest);
      expect(Math.min(...ratios)).toBe(1);
    }
  });
});

describe("corr2d", () => {
  it("prints its version and its help on stdout", async () => {
    expect(await succeed("--version")).toBe(`${version}\n`);
    expect(await succeed("--help")).toContain("Exit codes: 0 done, 1 failed, 2 wrong usage.");
    expect(await succeed("filter", "--help")).toContain(
      "Usage: corr2d filter [options] <inputs...> <output>",
    );
  });
});
