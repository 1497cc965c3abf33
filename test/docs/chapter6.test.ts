// SPDX-License-Identifier: MIT
// docs/chapter6.md: its experiments, which assert their numbers themselves, and its pictures; docs.test.ts runs its code.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../helpers/child.ts";
import { checkedIn, expectPictures } from "../helpers/pictures.ts";

const text = readFileSync(join(root, "docs", "chapter6.md"), "utf8");
// Debian's package alsa-utils, which .ci/run installs, has the words of the one picture that is not computed.
const hasRecording = existsSync("/usr/share/sounds/alsa/Front_Center.wav");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "corr2d-chapter6-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the experiments", () => {
  const experiments = join(root, "examples", "chapter6");

  it("hold, and make the pictures that are checked in", async () => {
    execFileSync(process.execPath, [join(experiments, "all.mjs"), folder], { cwd: folder });
    const made = readdirSync(folder).sort();
    const expected = checkedIn.filter((name) => !name.startsWith("digits-")); // see digits.test.ts
    expect(made).toEqual(expected.filter((name) => hasRecording || name !== "sound-speech.png"));
    await expectPictures(folder, made);
  }, 120_000);

  it("are all run by all.mjs", () => {
    const all = readFileSync(join(experiments, "all.mjs"), "utf8");
    const shared = ["all.mjs", "photo.mjs", "picture.mjs"];
    for (const name of readdirSync(experiments).filter((file) => !shared.includes(file))) {
      expect(all).toContain(`"${name.replace(".mjs", "")}"`);
    }
  });
});

describe("the pages", () => {
  it("show every picture, each below 40 kB", () => {
    const shown = [...text.matchAll(/!\[[^\]]+\]\(chapter6\/([\w.-]+)\)/g)].map(([, name]) => name);
    expect(shown.sort()).toEqual(checkedIn);
    for (const name of checkedIn) {
      expect(statSync(join(root, "docs", "chapter6", name)).size, name).toBeLessThan(40_000);
    }
  });

  const [, exercises] = text.split("\n## Exercises\n");
  const answers = exercises.split(/^(?=\*\*)/m).filter((paragraph) => paragraph.startsWith("**"));

  it("answer as many exercises as each section of the book has", () => {
    const counts = exercises
      .split(/^### /m)
      .slice(1)
      .map((section) => section.match(/^\*\*/gm)?.length ?? 0);
    // Of the current edition; parts of some, and those of older editions, are answered by themselves.
    const numbered = [6, 4, 6, 7, 7, 5];
    expect(counts).toHaveLength(numbered.length);
    counts.forEach((count, i) => {
      expect(count).toBeGreaterThanOrEqual(numbered[i]);
    });
  });

  it.each(answers.map((answer) => [answer.slice(2, answer.indexOf("**", 2)), answer]))(
    "back the answer to an exercise by a run: %s",
    (_, answer) => {
      const prose = answer.replaceAll(/`[^`]*`|\[[^\]]*\]\([^)]*\)/g, "");
      const programs = [...prose.matchAll(/\[([a-z][a-z0-9/-]*(?:, [a-z][a-z0-9/-]*)*)\]/g)].flatMap(
        ([, names]) => names.split(", "),
      );
      for (const name of programs) {
        const paths = [`examples/chapter6/${name}.mjs`, `examples/${name}.mjs`];
        expect(paths.some((path) => existsSync(join(root, path)))).toBe(true);
      }
      expect(programs.length > 0 || answer.includes("```js")).toBe(true);
    },
  );
});
