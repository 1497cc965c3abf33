// SPDX-License-Identifier: MIT
// The package as users get it: packed, installed without scripts and network into an empty folder, and used there.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ChildOptions, type Ended, evaluate, root, run } from "../helpers/child.ts";

interface PackedFile {
  readonly path: string;
  readonly size: number;
}

const wasmFiles = [
  ...["float32-simd", "float32-relaxed", "float64-simd", "float64-relaxed", "integers"],
  ...["gradients-simd", "gradients-relaxed", "windows"],
];

let folder: string;
let tarball: string;
let files: PackedFile[];
/** A project that has the package installed. */
let project: string;

/** Runs a program that must succeed. */
async function must(command: string, args: readonly string[], options: ChildOptions = {}): Promise<Ended> {
  const ended = await run(command, args, { timeout: 120_000, ...options });
  expect([ended.code, ended.code === 0 ? "" : ended.stdout + ended.stderr]).toEqual([0, ""]);
  return ended;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "corr2d-package-"));
  // What was built is what is packed; the clone's own scripts do not run again.
  const packed = await must("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder]);
  const [report] = Object.values(JSON.parse(packed.stdout)) as { filename: string; files: PackedFile[] }[];
  tarball = join(folder, report.filename);
  files = report.files;
  project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "empty", private: true, type: "module" }),
  );
  const flags = ["--ignore-scripts", "--omit=optional", "--offline", "--no-audit", "--no-fund"];
  await must("npm", ["install", ...flags, tarball], { cwd: project });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the project, for tests that change it. */
function copyOfProject(name: string): string {
  const copy = join(folder, name);
  cpSync(project, copy, { recursive: true });
  return copy;
}

const installed = (...path: string[]) => join(project, "node_modules", "corr2d", ...path);

describe("the tarball", () => {
  it("contains nothing that a user does not need", () => {
    const allowed = [
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
      /^dist\/([\w-]+\/)*[\w-]+\.(js|d\.ts)$/,
      /^dist\/corr2d-((float(32|64)|gradients)-(simd|relaxed)|integers|windows)\.wasm$/,
      /^dist\/cli\.LICENSES\.txt$/,
      /^prebuilds\/[\w-]+\/corr2d\.node$/,
    ];
    expect(
      files.map(({ path }) => path).filter((path) => !allowed.some((pattern) => pattern.test(path))),
    ).toEqual([]);
  });

  it("contains everything that a user needs", () => {
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        "package.json",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "dist/index.js",
        "dist/index.d.ts",
        "dist/browser.js",
        "dist/browser-chunk.js",
        "dist/browser-learn.js",
        "dist/browser-worker.js",
        "dist/learn/index.js",
        "dist/learn/index.d.ts",
        "dist/platform/worker.js",
        "dist/cli.js",
        ...wasmFiles.map((name) => `dist/corr2d-${name}.wasm`),
        ...wasmFiles.map((name) => `dist/browser-${name}.js`),
        "dist/web.js",
        "dist/learn/web.js",
        `prebuilds/${process.platform}-${process.arch}/corr2d.node`,
      ]),
    );
  });

  it("names no file that belongs to tests, benchmarks or the command's sources", () => {
    const odd = files.filter(({ path }) => /test|bench|fixture|\/cli\//.test(path));
    expect(odd).toEqual([]);
  });

  it("is small: under 5 MB unpacked", () => {
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(5e6);
  });

  it("brings little to browsers: under 60 KB a WASM module, 25 KB compressed; all in one file under 72 KB compressed", () => {
    for (const name of wasmFiles) {
      const wasm = readFileSync(installed("dist", `corr2d-${name}.wasm`));
      expect(wasm.length).toBeLessThan(60_000);
      expect(gzipSync(wasm).length).toBeLessThan(25_000);
    }
    const compressed = (name: string) => gzipSync(readFileSync(installed("dist", name))).length;
    expect(compressed("browser.js") + compressed("browser-chunk.js")).toBeLessThan(72_000);
    expect(compressed("browser-learn.js")).toBeLessThan(10_000);
  });

  it("has no install script and no dependency", () => {
    const manifest = JSON.parse(readFileSync(installed("package.json"), "utf8"));
    expect(Object.keys(manifest.scripts ?? {}).filter((name) => /install/.test(name))).toEqual([]);
    expect(manifest.gypfile).toBe(false);
    expect(manifest.dependencies ?? {}).toEqual({});
    expect(manifest.optionalDependencies ?? {}).toEqual({});
  });

  it("passes publint", async () => {
    const { messages, pkg } = await publint({ pkgDir: installed(), pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg as object))).toEqual([]);
  });

  it("passes attw, as a package for import alone", async () => {
    const attw = join(root, "node_modules", ".bin", "attw");
    await must(attw, [tarball, "--profile", "esm-only", "--no-emoji"]);
  });
});

const use = `
  import { backends, conv2dAsync, createEngine, corr2d, kernels } from "corr2d";
  import { learnKernel } from "corr2d/learn";
  const { backend } = await createEngine();
  const tensor = (...shape) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape });
  const layer = await conv2dAsync(tensor(1, 8, 32, 32), tensor(8, 8, 3, 3), { padding: 1 });
  console.log(JSON.stringify({
    backend,
    native: backends()[0],
    chapter: corr2d([[0, 1, 2], [3, 4, 5], [6, 7, 8]], [[0, 1], [2, 3]]).toArray(),
    middle: layer.data[16 * 32 + 16],
    learned: learnKernel([[1, 0, 2]], [[-1, 2]], { shape: [1, 2] }).kernel.toArray(),
    kernels: Object.keys(kernels).length > 0,
  }));
`;

interface Used {
  backend: string;
  native: { available: boolean; reason?: string };
}

const works = {
  chapter: [
    [19, 25],
    [37, 43],
  ],
  middle: 72,
  learned: [[expect.closeTo(-1, 2), expect.closeTo(1, 2)]],
  kernels: true,
};

/** Runs `use` from a file of the project, as a program does. */
async function useIn(folder: string, args: readonly string[] = []): Promise<Used & { stderr: string }> {
  writeFileSync(join(folder, "use.mjs"), use);
  const ended = await must(process.execPath, [...args, "use.mjs"], { cwd: folder });
  return { ...(JSON.parse(ended.stdout) as Used), stderr: ended.stderr };
}

describe("installed with --ignore-scripts into an empty folder", () => {
  it("is native", async () => {
    expect(await useIn(project)).toMatchObject({ ...works, backend: "native", stderr: "" });
  });

  it("is WebAssembly without the binaries, silently", async () => {
    const copy = copyOfProject("no-prebuilds");
    rmSync(join(copy, "node_modules", "corr2d", "prebuilds"), { recursive: true });
    const used = await useIn(copy);
    expect(used).toMatchObject({ ...works, backend: "wasm", stderr: "" });
    expect(used.native).toMatchObject({ available: false, reason: expect.stringContaining("corr2d.node") });
  });

  it("is WebAssembly where the binary does not load, with one warning", async () => {
    const copy = copyOfProject("broken");
    const target = `${process.platform}-${process.arch}`;
    writeFileSync(join(copy, "node_modules", "corr2d", "prebuilds", target, "corr2d.node"), "not a library");
    const used = await useIn(copy);
    expect(used).toMatchObject({ ...works, backend: "wasm" });
    expect(used.stderr.match(/CORR2D_NATIVE_FAILED/g)).toHaveLength(1);
  });

  it("is WebAssembly under --no-addons, silently", async () => {
    expect(await useIn(project, ["--no-addons"])).toMatchObject({ ...works, backend: "wasm", stderr: "" });
  });

  it("is TypeScript where there is no WebAssembly either", async () => {
    const used = await useIn(project, ["--no-addons", "--jitless", "--no-expose-wasm"]);
    expect(used).toMatchObject({ ...works, backend: "reference" });
  });

  it("can be required", async () => {
    const code = `console.log(require("corr2d").corr2d([[2]], [[3]]).data[0])`;
    const args = ["--no-warnings", "--input-type=commonjs", "--eval", code];
    expect((await must(process.execPath, args, { cwd: project })).stdout.trim()).toBe("6");
  });

  it("shows its package.json and hides its files", async () => {
    const code = `
      const attempt = async (name, options) => import(name, options).then(() => "there", (error) => error.code);
      console.log(JSON.stringify([
        await attempt("corr2d/package.json", { with: { type: "json" } }),
        await attempt("corr2d/dist/engine.js"),
      ]));
    `;
    expect(await evaluate(code, { cwd: project })).toEqual(["there", "ERR_PACKAGE_PATH_NOT_EXPORTED"]);
  });

  it.each([
    { module: "nodenext", moduleResolution: "nodenext" },
    { module: "esnext", moduleResolution: "bundler" },
  ])("has types: $moduleResolution", async (resolution) => {
    const copy = copyOfProject(`types-${resolution.moduleResolution}`);
    const compilerOptions = {
      ...resolution,
      target: "es2022",
      lib: ["es2022", "dom"],
      types: [],
      strict: true,
      noEmit: true,
    };
    writeFileSync(join(copy, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["use.ts"] }));
    writeFileSync(
      join(copy, "use.ts"),
      `import { type ConvPlan, conv2d, corr2d, Corr2dError, createEngine, planConv2d, type Tensor } from "corr2d";
      import { Conv2d, Relu, Sequential, save } from "corr2d/learn";
      const y: Tensor = corr2d([[1, 2], [3, 4]], [[1]], { mode: "same", border: "mirror" });
      const x = { data: new Float32Array(16), shape: [1, 1, 4, 4] };
      const plan: ConvPlan = planConv2d(x.shape, x, { strides: [1, 2], padding: "same", activation: "relu" });
      export const z: Float32Array | Float64Array = plan.run(x, { out: y.data }).data;
      // @ts-expect-error: no such border
      conv2d(x, x, { border: "zero" });
      // @ts-expect-error: no such backend
      await createEngine({ backend: "cuda" });
      export const code: string = new Corr2dError("DISPOSED", "").code;
      const model = new Sequential([new Conv2d(1, 2, 3), new Relu()], { engine: await createEngine(), seed: 1 });
      export const saved: Uint8Array = save(model);
      `,
    );
    await must(join(root, "node_modules", ".bin", "tsc"), ["-p", "."], { cwd: copy });
  });

  it("bundles for browsers without configuration, and without Node in it", async () => {
    const { outputFiles, warnings } = await build({
      stdin: { contents: `export { corr2d, init } from "corr2d";`, resolveDir: project },
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      logLevel: "silent",
    });
    expect(warnings).toEqual([]);
    expect(outputFiles[0].text).not.toMatch(/["']node:/);
  });

  it.each(readdirSync("dist").filter((name) => name.endsWith(".wasm")))(
    "brings %s to browsers unchanged",
    async (name) => {
      const { default: text } = await import(
        installed("dist", name.replace(/^corr2d-(.*)\.wasm$/, "browser-$1.js"))
      );
      const { wasmBytesOf } = await import(installed("dist", "platform", "wasm-bytes.js"));
      expect(Buffer.from(wasmBytesOf(text)).equals(readFileSync(installed("dist", name)))).toBe(true);
    },
  );

  it("leaves out of a bundle what is not called: convolution comes to under 40 KB compressed, one WASM build in it", async () => {
    const outdir = join(project, "bundle");
    const { metafile } = await build({
      stdin: { contents: `export { conv2d, corr2d, init, planConv2d } from "corr2d";`, resolveDir: project },
      outdir,
      absWorkingDir: project,
      entryNames: "entry",
      bundle: true,
      splitting: true,
      minify: true,
      metafile: true,
      format: "esm",
      platform: "browser",
      logLevel: "silent",
    });
    // What a page loads for its first call; init() loads the rest.
    const needed = new Set(["bundle/entry.js"]);
    for (const path of needed) {
      for (const { kind, path: other } of metafile.outputs[path].imports) {
        if (kind === "import-statement") needed.add(other);
      }
    }
    const files = [...needed].map((path) => readFileSync(join(project, path)));
    expect(files.reduce((sum, file) => sum + gzipSync(file).length, 0)).toBeLessThan(40_000);
    const sources = [...needed].flatMap((path) =>
      Object.entries(metafile.outputs[path].inputs).flatMap(([name, { bytesInOutput }]) =>
        bytesInOutput > 0 ? [name.replace(/.*corr2d\/dist\//, "")] : [],
      ),
    );
    expect(sources).toContain("ops/conv2d.js");
    expect(sources.filter((name) => name.startsWith("browser-"))).toEqual(["browser-float32-simd.js"]);
    const others =
      /^(signal|arithmetic|kernels|learn|image)\/|^engine|adjoint|native|(ops|reference)\/pool|wasm\/pool|pooling|patches|(?<!wino)grad|3d|1d|ops\/(un)?(fold|pad)|integers/;
    expect(sources.filter((name) => others.test(name))).toEqual([]);
    const code = `
      const { conv2d, corr2d, init } = await import("./bundle/entry.js");
      await init();
      const x = { data: new Float64Array(9).fill(2), shape: [1, 1, 3, 3] };
      console.log(JSON.stringify([corr2d([[0, 1], [2, 3]], [[2]]).toArray(), conv2d(x, x).toArray()]));
    `;
    expect(await evaluate(code, { cwd: project })).toEqual([
      [
        [0, 2],
        [4, 6],
      ],
      [[[[36]]]],
    ]);
  });

  it("bundles corr2d/learn alone for browsers, with all that it needs to compute", async () => {
    const outfile = join(project, "learn-bundle.mjs");
    await build({
      stdin: { contents: `export { learnKernel } from "corr2d/learn";`, resolveDir: project },
      outfile,
      bundle: true,
      format: "esm",
      platform: "browser",
      logLevel: "silent",
    });
    expect(readFileSync(outfile, "utf8")).not.toMatch(/["']node:/);
    const code = `
      const { learnKernel } = await import("./learn-bundle.mjs");
      console.log(JSON.stringify(learnKernel([[1, 0, 2]], [[-1, 2]], { shape: [1, 2] }).converged));
    `;
    expect(await evaluate(code, { cwd: project })).toBe(true);
  });

  it("has the command, which works without sharp as far as it can", async () => {
    const command = join(project, "node_modules", ".bin", "corr2d");
    const { stdout } = await must(command, ["info", "--json"], { cwd: project });
    expect(stdout).toContain("native");
    const filter = await run(command, ["filter", "in.png", "out.png", "--kernel", "sobel"], { cwd: project });
    expect(filter.code).not.toBe(0);
    expect(filter.stderr).toMatch(/sharp|in\.png/);
    expect(filter.stderr).not.toMatch(/\n\s+at /);
  });
});
