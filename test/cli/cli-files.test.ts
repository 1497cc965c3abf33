// SPDX-License-Identifier: MIT
// What `corr2d filter` does to files: inputs stay, outputs are whole, and what an output loses is said.
import { execFile } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { root } from "../helpers/child.ts";

const cli = join(root, "dist", "cli.js");

let folder: string;
const at = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "corr2d-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function filter(line: string, preload?: string): Promise<Result> {
  const flags =
    preload === undefined ? [] : ["--import", `data:text/javascript,${encodeURIComponent(preload)}`];
  const env = { ...process.env, CORR2D_BACKEND: "reference" };
  return new Promise((resolve) => {
    const args = [...flags, cli, "filter", ...line.split(" ")];
    execFile(process.execPath, args, { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code as unknown as number), stdout, stderr });
    });
  });
}

/** An image whose samples differ from their neighbours. */
function image(channels: 1 | 2 | 3 | 4, width = 16, height = 12): Sharp {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => ((i * i * 7919) >> 3) % 251);
  const raw = sharp(data, { raw: { width, height, channels } });
  return channels < 3 ? raw.toColourspace("b-w") : raw;
}

async function pixelsOf(path: string): Promise<number[]> {
  return [...(await sharp(at(path)).toColourspace("srgb").raw({ depth: "uchar" }).toBuffer())];
}

describe.skipIf(process.platform === "win32")("an input is never replaced", () => {
  beforeEach(async () => {
    mkdirSync(at("in"));
    await image(3).png().toFile(at("in/a.png"));
    symlinkSync(at("in"), at("link"));
    symlinkSync(at("in/a.png"), at("a.png"));
    linkSync(at("in/a.png"), at("hard.png"));
    symlinkSync(at("link"), at("link2"));
  });

  it.each([
    ["through a symlinked folder", "in/a.png link/", "link/a.png"],
    ["through a symlinked folder, by name", "in/a.png link/a.png", "link/a.png"],
    ["through two links", "in/a.png link2/a.png", "link2/a.png"],
    ["whose own folder is symlinked", "link/a.png in/", "in/a.png"],
    ["through a symlink", "in/a.png a.png", "a.png"],
    ["by its hard link", "hard.png in/a.png", "in/a.png"],
    ["that another of the inputs would replace", "in/a.png hard.png out/../link/", "link/a.png"],
  ])("%s", async (_, line, output) => {
    const before = readFileSync(at("in/a.png"));
    const { code, stdout, stderr } = await filter(line);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: "",
      stderr: `corr2d: ${output} would replace an input; choose another output\n`,
    });
    expect(readFileSync(at("in/a.png"))).toEqual(before);
  });

  it("nor are two written to one file, through a link", async () => {
    mkdirSync(at("b"));
    mkdirSync(at("out"));
    await image(3).png().toFile(at("b/a.png"));
    const { code, stderr } = await filter("in/a.png b/a.png out");
    expect([code, stderr]).toEqual([2, "corr2d: in/a.png and b/a.png would both be written to out/a.png\n"]);
  });

  it("while its copy beside it is written", async () => {
    expect(await filter("link/a.png in/b.png")).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(at("in")).sort()).toEqual(["a.png", "b.png"]);
  });
});

describe("a lossless output has the pixels of its input", () => {
  it.each([1, 2, 3, 4] as const)("%i channels, from png to png and tif", async (channels) => {
    await image(channels).png().toFile(at("in.png"));
    const expected = await pixelsOf("in.png");
    for (const output of ["out.png", "out.tif", "out.tiff", "OUT.TIF"]) {
      expect(await filter(`in.png ${output} --kernel identity`)).toMatchObject({ code: 0, stderr: "" });
      expect(await pixelsOf(output)).toEqual(expected);
      const { channels: written, space } = await sharp(at(output)).metadata();
      expect([written, space]).toEqual([channels, channels < 3 ? "b-w" : "srgb"]);
    }
  });

  it("alpha of a grey image stays when the grey is blurred", async () => {
    await image(2).png().toFile(at("in.png"));
    await filter("in.png out.png --kernel box");
    const alphaOf = async (path: string) => (await pixelsOf(path)).filter((_, i) => i % 4 === 3);
    expect(await alphaOf("out.png")).toEqual(await alphaOf("in.png"));
    expect(await pixelsOf("out.png")).not.toEqual(await pixelsOf("in.png"));
  });
});

describe("what an output loses is said in one line", () => {
  const depth16 = (channels: 1 | 2 | 3 | 4) => {
    const data = Uint16Array.from({ length: 48 * channels }, (_, i) => (i * 7919) % 65521);
    const raw = sharp(data, { raw: { width: 8, height: 6, channels } });
    return raw.toColourspace(channels < 3 ? "grey16" : "rgb16");
  };
  const bleeding = "colours of its transparent pixels were filtered like all others, and alpha was not";

  it.each<[string, () => Sharp, string, string[]]>([
    [
      "16 bits of colour",
      () => depth16(3).png(),
      "identity out.png",
      ["its samples (ushort) were rounded to 8 bits"],
    ],
    [
      "16 bits of grey",
      () => depth16(1).png(),
      "box out.tif",
      ["its samples (ushort) were rounded to 8 bits"],
    ],
    [
      "frames",
      () => {
        const frames = Uint8Array.from({ length: 3 * 4 * 12 }, (_, i) => (i >> 4) * 20);
        return sharp(frames, { raw: { width: 4, height: 12, channels: 3, pageHeight: 4 } }).gif();
      },
      "box out.png",
      ["only the first of its 3 frames or pages was read"],
    ],
    ["hidden colours", () => image(4).png(), "gaussian out.png", [bleeding]],
    ["hidden grey", () => image(2).png(), "sharpen out.tif", [bleeding]],
    [
      "transparency of edges",
      () => image(4).png(),
      "sobel out.png",
      ["its transparency was left out, and hidden colours have edges too"],
    ],
    [
      "transparency in jpg",
      () => image(4).png(),
      "identity out.jpg",
      ["its transparency was lost on black, as JPEG has none"],
    ],
    [
      "transparency and colours in gif",
      () => image(4, 32, 24).png(),
      "identity out.gif",
      ["its transparency became all or nothing, as GIF has no more", "its colours were reduced to GIF's 256"],
    ],
    ["nothing: opaque alpha", () => image(3).ensureAlpha().png(), "box out.jpg", []],
    ["nothing: grey in gif", () => image(1).png(), "box out.gif", []],
    ["nothing: a palette", () => image(3, 8, 8).png({ palette: true }), "identity out.png", []],
  ])("%s", async (_, input, line, warnings) => {
    writeFileSync(at("in"), await input().toBuffer());
    const [kernel, output] = line.split(" ");
    const { code, stderr } = await filter(`in ${output} --kernel ${kernel}`);
    expect(code).toBe(0);
    expect(stderr).toBe(warnings.map((warning) => `corr2d: in: warning: ${warning}\n`).join(""));
  });

  it("--json has the warnings too", async () => {
    await depth16(1).png().toFile(at("in.png"));
    const { stdout } = await filter("in.png out.png --json");
    expect(JSON.parse(stdout).files[0].warnings).toEqual(["its samples (ushort) were rounded to 8 bits"]);
  });
});

/** Calls `before(path)`, which is code, ahead of the command's opening of a temporary file. */
const onOpen = (before: string) => `
  import fs, { promises } from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  for (const name of ["open", "writeFile"]) {
    const original = promises[name];
    promises[name] = async (path, ...rest) => {
      if (typeof path === "string" && path.endsWith(".tmp")) { ${before} }
      return original(path, ...rest);
    };
  }
  syncBuiltinESMExports();
`;

describe("an output is written under another name first", () => {
  beforeEach(async () => {
    await image(3).png().toFile(at("in.png"));
    mkdirSync(at("out"));
  });

  it("which nobody can foresee, in the same folder", async () => {
    const names: string[] = [];
    for (let i = 0; i < 2; i++) {
      await filter(
        "in.png out/a.png",
        onOpen(`fs.appendFileSync("names", path + " " + process.pid + "\\n");`),
      );
    }
    for (const line of readFileSync(at("names"), "utf8").trim().split("\n")) {
      const [path, pid] = line.split(" ");
      expect(path.replaceAll("\\", "/")).toMatch(/^out\/\.corr2d-[0-9a-f]{24}\.tmp$/);
      names.push(path.replaceAll(pid, ""));
    }
    expect(new Set(names).size).toBe(2);
  });

  it.skipIf(process.platform === "win32")(
    "where nothing is: a link in its place is not followed",
    async () => {
      writeFileSync(at("victim"), "safe");
      const { code, stderr } = await filter("in.png out/a.png", onOpen(`fs.symlinkSync("../victim", path);`));
      expect(code).toBe(1);
      expect(stderr).toMatch(/^corr2d: in.png: EEXIST/);
      expect(readFileSync(at("victim"), "utf8")).toBe("safe");
      expect(existsSync(at("out/a.png"))).toBe(false);
    },
  );

  it("which is gone after a failure: the output's name is taken by a folder", async () => {
    mkdirSync(at("out/in.png"));
    const { code, stderr } = await filter("in.png out/");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^corr2d: in.png: E/);
    expect(readdirSync(at("out"))).toEqual(["in.png"]);
  });

  it("which is gone after a failure: the disk is full", async () => {
    const full = `
      const file = await original(path, ...rest);
      file.writeFile = async () => { throw new Error("ENOSPC: no space left on device"); };
      return file;
    `;
    const { code, stderr } = await filter("in.png out/a.png", onOpen(full));
    expect([code, stderr]).toEqual([1, "corr2d: in.png: ENOSPC: no space left on device\n"]);
    expect(readdirSync(at("out"))).toEqual([]);
  });

  it("which is gone when the process ends before the output is complete", async () => {
    const leave = `await original(path, ...rest); process.exit(7);`;
    expect((await filter("in.png out/a.png", onOpen(leave))).code).toBe(7);
    expect(readdirSync(at("out"))).toEqual([]);
  });
});
