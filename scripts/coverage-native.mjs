// SPDX-License-Identifier: MIT
// Adds up what gcov counted in a folder of objects, over all that include a file, and lists the lines that nothing
// entered. Objects that were not loaded or have no processor to run on count for nothing.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = process.argv[2];
const counters = readdirSync(folder).filter((name) => name.endsWith(".gcda"));

/** file -> line -> how often it ran */
const files = new Map();
for (const counter of counters) {
  const args = [
    "--json-format",
    "--stdout",
    "--relative-only",
    `--source-prefix=${root}`,
    `${folder}/${counter}`,
  ];
  const json = execFileSync("gcov", args, { encoding: "utf8", maxBuffer: 2 ** 30 });
  for (const report of json
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))) {
    for (const { file, lines } of report.files) {
      if (!file.startsWith("native/")) continue;
      const counts = files.get(file) ?? new Map();
      files.set(file, counts);
      for (const { line_number: line, count } of lines) counts.set(line, (counts.get(line) ?? 0) + count);
    }
  }
}

let [total, entered] = [0, 0];
for (const [file, counts] of [...files].sort()) {
  const missed = [...counts].filter(([, count]) => count === 0).map(([line]) => line);
  total += counts.size;
  entered += counts.size - missed.length;
  if (missed.length > 0) console.log(`${file}: ${rangesOf(missed.sort((a, b) => a - b))}`);
}
console.log(`${entered} of ${total} lines entered, ${((100 * entered) / total).toFixed(2)} %`);

function rangesOf(lines) {
  const ranges = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last !== undefined && line <= last[1] + 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(", ");
}
