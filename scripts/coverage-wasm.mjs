// SPDX-License-Identifier: MIT
// Finds the branches of assembly/ that the suites do not enter: builds a copy of the tree whose functions, branches and
// loops each report that they were entered, runs the fast suite in it, and lists the others.
//   node scripts/coverage-wasm.mjs [arguments for vitest]
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import assemblyscript from "assemblyscript";

const root = fileURLToPath(new URL("..", import.meta.url));
const tree = `${root}build-test/coverage-wasm`;
const log = `${tree}/entered.log`;
const { NodeKind, newOptions, newProgram, parse } = assemblyscript;

/** Places that are counted: number -> where it is in the source. */
const places = [];

/** Returns a source with a call at the beginning of each body. */
function counted(path) {
  const text = readFileSync(`${root}/${path}`, "utf8");
  const program = newProgram(newOptions());
  parse(program, text, path, true);
  const source = program.sources.find(({ normalizedPath }) => normalizedPath === path);
  const insertions = [];
  const enter = (at, what) => {
    const line = text.slice(0, at).split("\n").length;
    places.push(`${path}:${line} ${what}`);
    return `__enter(${places.length - 1}); `;
  };
  const body = (statement, what) => {
    if (statement === null) return;
    const { start, end } = statement.range;
    if (statement.kind === NodeKind.Block) {
      insertions.push([start + 1, enter(start, what)]);
      return;
    }
    insertions.push([start, `{ ${enter(start, what)}`]);
    insertions.push([text[end] === ";" ? end + 1 : end, " }"]);
  };
  const visit = (node) => {
    if (Array.isArray(node)) node.forEach(visit);
    if (typeof node?.kind !== "number") return;
    const { kind } = node;
    if (kind === NodeKind.FunctionDeclaration || kind === NodeKind.MethodDeclaration) {
      body(node.body, `function ${node.name.text}`);
    }
    if (kind === NodeKind.If) {
      body(node.ifTrue, "if");
      // "else if" is an if of its own.
      if (node.ifFalse?.kind !== NodeKind.If) body(node.ifFalse, "else");
    }
    if (kind === NodeKind.For || kind === NodeKind.While || kind === NodeKind.Do) body(node.body, "loop");
    for (const name of ["body", "ifTrue", "ifFalse", "statements", "members", "cases", "declaration"]) {
      if (node[name]) visit(node[name]);
    }
  };
  visit(source.statements);
  // If two bodies end at one place, the outer one is listed first, so its text goes in first and comes last.
  let result = text;
  for (const [at, what] of insertions.sort(([a], [b]) => b - a)) {
    result = result.slice(0, at) + what + result.slice(at);
  }
  const entry = relative(dirname(path), "assembly/enter").replace(/^(?!\.)/, "./");
  return `import { enter as __enter } from "${entry}";\n${result}`;
}

rmSync(tree, { recursive: true, force: true });
const tracked = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
  cwd: root,
  encoding: "utf8",
});
for (const path of tracked.split("\0").filter((name) => name !== "" && existsSync(`${root}/${name}`))) {
  mkdirSync(dirname(`${tree}/${path}`), { recursive: true });
  if (/^assembly\/.*\.ts$/.test(path)) writeFileSync(`${tree}/${path}`, counted(path));
  else cpSync(`${root}/${path}`, `${tree}/${path}`);
}
writeFileSync(
  `${tree}/assembly/enter.ts`,
  '@external("coverage", "enter")\nexport declare function enter(place: i32): void;\n',
);
for (const name of ["dist", "prebuilds"]) cpSync(`${root}/${name}`, `${tree}/${name}`, { recursive: true });
symlinkSync(`${root}/node_modules`, `${tree}/node_modules`);

// Every thread notes each place once, at once: it may be stopped at any time.
const hook = `${tree}/hook.mjs`;
writeFileSync(
  hook,
  `import { appendFileSync } from "node:fs";
const seen = new Set();
const enter = (place) => {
  if (seen.has(place)) return;
  seen.add(place);
  appendFileSync(${JSON.stringify(log)}, place + "\\n");
};
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, { ...imports, coverage: { enter } });
  }
};
`,
);
const env = { ...process.env, NODE_OPTIONS: `--import=file://${hook}` };
execFileSync(process.execPath, ["scripts/build-wasm.mjs"], { cwd: tree, stdio: "inherit", env });
writeFileSync(log, "");
spawnSync("npx", ["vitest", "run", "--project", "fast", ...process.argv.slice(2)], {
  cwd: tree,
  stdio: "inherit",
  env,
});
const entered = new Set(readFileSync(log, "utf8").trim().split("\n").map(Number));
const missed = places.filter((_, place) => !entered.has(place));
for (const place of missed) console.log(place);
console.log(`${places.length - missed.length} of ${places.length} branches entered`);
