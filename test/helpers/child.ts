// SPDX-License-Identifier: MIT
// Fresh processes, for what a process can do only once: load a backend, crash, exit.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Ended {
  /** Exit code; null after a signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface ChildOptions {
  /** Arguments to Node itself. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Milliseconds after which the child is killed. Default 20 s. */
  readonly timeout?: number;
}

/** Runs a program to its end. */
export function run(command: string, args: readonly string[], options: ChildOptions = {}): Promise<Ended> {
  const { env = {}, cwd = root, timeout = 20_000 } = options;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...clean(process.env), ...env },
      timeout,
      killSignal: "SIGKILL",
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({ code, signal, stdout, stderr, milliseconds: performance.now() - started }),
    );
  });
}

/** Runs a module given as text, which can import "corr2d", in a fresh Node. */
export function runModule(code: string, options: ChildOptions = {}): Promise<Ended> {
  return run(process.execPath, [...(options.args ?? []), "--input-type=module", "--eval", code], options);
}

/** What a module printed as JSON on its last line. Throws, with all it said, unless it ended well. */
export async function evaluate<T>(code: string, options: ChildOptions = {}): Promise<T> {
  const ended = await runModule(code, options);
  if (ended.code !== 0)
    throw new Error(`ended with ${ended.code ?? ended.signal}: ${ended.stderr}${ended.stdout}`);
  return JSON.parse(ended.stdout.trim().split("\n").at(-1) as string) as T;
}

/** The environment without what would steer corr2d, or Node's own tests. */
function clean(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith("CORR2D_") && name !== "NODE_OPTIONS"),
  );
}
