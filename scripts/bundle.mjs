// SPDX-License-Identifier: MIT
// Runs after tsc and bundles files that must not consist of many.
//   dist/cli.js             the command, with its dependencies inside and the library beside it
//   dist/cli.LICENSES.txt   the licences of those dependencies
//   dist/browser-NAME.js    the WASM modules as text; dist/web.js imports the first at once, the others in init()
//   dist/browser-worker.js  its worker
//   dist/browser.js         dist/web.js as one file, with the first module inside, for pages without a bundler
//   dist/browser-learn.js   dist/learn/web.js likewise
//   dist/browser-chunk.js   the code that these two share: nearly all of dist/browser.js
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { characters } from "../dist/platform/wasm-bytes.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const src = join(root, "src");
const dist = join(root, "dist");
/** The modules of build-wasm.mjs by their names. */
const wasm = new Map(
  readdirSync(dist)
    .map((entry) => [entry.match(/^corr2d-(.*)\.wasm$/)?.[1], join(dist, entry)])
    .filter(([name]) => name !== undefined),
);
/** This module is inside dist/browser.js. */
const inlined = "float32-simd";

/** Imports that leave src/cli stay imports, of what tsc wrote to dist/: the addon and the WASM load from there. */
const libraryStaysOutside = {
  name: "library-stays-outside",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const inSrc = relative(src, resolve(resolveDir, path));
      if (inSrc.startsWith(`cli${sep}`) || !resolveDir.startsWith(src)) return undefined;
      return { path: `./${inSrc.replaceAll(sep, "/").replace(/\.ts$/, ".js")}`, external: true };
    });
  },
};

/** Returns the text that `wasmBytesOf` of src/platform/wasm-bytes.ts reads. */
function wasmText(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  const common = [...counts.keys()].sort((a, b) => counts[b] - counts[a]).slice(0, characters.length);
  const hex = (byte) => byte.toString(16).padStart(2, "0");
  const textOf = [...counts.keys()].map((byte) => {
    const place = common.indexOf(byte);
    return place < 0 ? `~${hex(byte)}` : String.fromCharCode(characters[place]);
  });
  return [...common.map(hex), ...Array.from(bytes, (byte) => textOf[byte])].join("");
}

/** Resolves `import text from "corr2d:wasm/NAME"` to a file, or to a part of dist/browser.js. */
function writeTexts() {
  for (const [name, file] of wasm) {
    const text = `// SPDX-License-Identifier: MIT\nexport default ${JSON.stringify(wasmText(readFileSync(file)))};\n`;
    writeFileSync(join(dist, `browser-${name}.js`), text);
  }
  const entry = join(dist, "web.js");
  writeFileSync(entry, readFileSync(entry, "utf8").replace(/"corr2d:wasm\/([\w-]+)"/g, '"./browser-$1.js"'));
}

async function bundleCli() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["src/cli/main.ts"],
    outfile: "dist/cli.js",
    bundle: true,
    metafile: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    external: ["sharp"],
    plugins: [libraryStaysOutside],
    banner: {
      // Bundled CommonJS modules call require() for Node's own modules.
      js: '#!/usr/bin/env node\nimport { createRequire as cliRequire } from "node:module";\nconst require = cliRequire(import.meta.url);',
    },
    legalComments: "none", // all of them are in cli.LICENSES.txt, in full
  });
  chmodSync(join(dist, "cli.js"), 0o755);
  writeFileSync(join(dist, "cli.LICENSES.txt"), licences(Object.keys(metafile.inputs)));
  rmSync(join(dist, "cli"), { recursive: true, force: true });
}

/** The licences of all packages that the bundled files come from. */
function licences(files) {
  const folders = new Set(files.map(packageFolder).filter((folder) => folder !== undefined));
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined)
      throw new Error(`${name} ${version}, bundled into dist/cli.js, has no licence file`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(root, folder, file), "utf8").trim()}\n`;
  });
  return `dist/cli.js contains these packages:\n\n${texts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

/** "node_modules/@scope/name" of a path below node_modules. */
function packageFolder(path) {
  return path.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0];
}

/** Entry points have the names of their files; the code that they share goes into dist/browser-chunk.js. */
function bundleForBrowsers(entryPoints) {
  return build({
    absWorkingDir: root,
    entryPoints,
    outdir: "dist",
    chunkNames: "browser-[name]",
    splitting: true,
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    minify: true,
    external: [...wasm.keys()].filter((name) => name !== inlined).map((name) => `./browser-${name}.js`),
  });
}

if (!wasm.has(inlined)) {
  console.error("dist/*.wasm is missing: run npm run build:wasm first");
  process.exit(1);
}
await bundleCli();
writeTexts();
await bundleForBrowsers({ browser: "dist/web.js", "browser-learn": "dist/learn/web.js" });
await bundleForBrowsers({ "browser-worker": "dist/platform/worker.js" });
