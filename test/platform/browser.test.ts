// SPDX-License-Identifier: MIT
// The library in a real page: dist/browser.js served over HTTP to Chromium, nothing bundled but these tests.
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { algorithms, browserIsas, dtypes } from "../helpers/check.ts";
import { root } from "../helpers/child.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What makes a page cross-origin isolated, and lets it load the rest. */
const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

type PageModule = typeof import("../helpers/page.ts");

let server: Server;
let browser: Browser;
let page: Page;
const problems: string[] = [];

/** Serves the page, the bundled tests, and dist/ as it is; every other path is an error. */
async function serve(): Promise<Server> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../helpers/page.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    target: "chrome110",
  });
  const tests = outputFiles[0].contents;
  const html = "<!doctype html><link rel=icon href=data:,><title>corr2d</title>";
  const listening = createServer(({ url = "/" }, response) => {
    const send = (type: string, body: string | Uint8Array) =>
      response.writeHead(200, { "content-type": type, ...(url === "/" ? {} : isolation) }).end(body);
    if (url === "/" || url === "/isolated") send("text/html", html);
    else if (url === "/alone")
      response
        .writeHead(200, { "content-type": "text/html", "content-security-policy": "worker-src 'none'" })
        .end(html);
    else if (url === "/tests.js") send("text/javascript", tests);
    else if (/^\/dist\/browser[\w-]*\.js$/.test(url))
      send("text/javascript", readFileSync(`${root}${url.slice(1)}`));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return listening;
}

beforeAll(async () => {
  expect(existsSync(executablePath), `no browser at ${executablePath}`).toBe(true);
  server = await serve();
  browser = await chromium.launch({ executablePath, args });
  page = await browser.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
  });
  page.on("requestfailed", (request) => problems.push(`${request.url()} failed`));
  page.on("response", (response) => {
    if (!response.ok()) problems.push(`${response.url()}: ${response.status()}`);
  });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** Calls a function of page.ts in the page. */
function inPage<K extends keyof PageModule>(
  name: K,
  ...operands: Parameters<PageModule[K]>
): Promise<Awaited<ReturnType<PageModule[K]>>> {
  const expression = `import("/tests.js").then((tests) => tests.${name}(...${JSON.stringify(operands)}))`;
  return page.evaluate(expression) as Promise<Awaited<ReturnType<PageModule[K]>>>;
}

it("serves from WebAssembly SIMD after init, and says why there is no native backend", async () => {
  const { backend, isa, backends, chapter } = await inPage("defaults");
  expect([backend, isa]).toEqual(["wasm", "relaxed-simd"]);
  expect(chapter).toEqual([
    [19, 25],
    [37, 43],
  ]);
  expect(backends.map(({ name, available }) => [name, available])).toEqual([
    ["native", false],
    ["wasm", true],
    ["reference", true],
  ]);
});

describe.each(browserIsas.flatMap((isa) => algorithms.map((algorithm) => [isa, algorithm] as const)))(
  "%s %s",
  (isa, algorithm) => {
    it.each(dtypes)("%s: conforms in every case", async (dtype) => {
      const { cases, failures } = await inPage("conformance", isa, algorithm, dtype);
      expect(failures).toEqual([]);
      expect(cases).toBeGreaterThanOrEqual(300);
    });
  },
);

it.each(browserIsas)("%s: has the gradients of the definition, in workers too", async (isa) => {
  const { cases, failures } = await inPage("gradients", isa);
  expect(failures).toEqual([]);
  expect(cases).toBeGreaterThan(30);
});

it("computes the same bits in workers", async () => {
  const { cases, failures } = await inPage("workers");
  expect(failures).toEqual([]);
  expect(cases).toBeGreaterThan(30);
});

it("has helper threads in workers of a cross-origin isolated page, and none where it may not wait", async () => {
  expect(await page.evaluate("crossOriginIsolated")).toBe(false);
  expect((await inPage("defaults")).backends[1]).toMatchObject({
    threads: 1,
    reason: expect.stringContaining("not cross-origin isolated"),
  });
  await page.goto(new URL("/isolated", page.url()).href);
  expect(await inPage("isolated")).toEqual({
    isolated: true,
    threads: 1,
    reason: expect.stringContaining("may not wait"),
    worker: { threads: 2, started: 1, called: true, values: [64 * 9 * 0.5] },
  });
  const { failures } = await inPage("workers");
  expect(failures).toEqual([]);
});

it("computes on the page's own thread where it may have no workers", async () => {
  // A page of its own: the browser complains on its console.
  const usual = page;
  page = await browser.newPage();
  await page.goto(new URL("/alone", usual.url()).href);
  const { turns, ...rest } = await inPage("alone");
  await page.close();
  page = usual;
  expect(rest).toEqual({
    values: [625, 625, 625, 625],
    aborted: "AbortError",
    reason: expect.stringContaining("async calls compute on the calling thread: no worker starts"),
  });
  expect(turns).toBeGreaterThan(2);
});

it("loads the modules that it is told to, in few requests", async () => {
  await page.goto(new URL("/", page.url()).href);
  const { before, after, files } = await inPage("sparing");
  expect(before).toEqual([480, "BACKEND_UNAVAILABLE"]);
  expect(after).toBe(480);
  expect(files.sort()).toEqual(["browser-chunk.js", "browser-float32-relaxed.js", "browser.js", "tests.js"]);
});

it("learns a kernel with corr2d/learn, on the same engine and with the same errors", async () => {
  const { kernel, ...rest } = await inPage("learns");
  expect(kernel).toEqual([expect.closeTo(-1, 2), expect.closeTo(1, 2)]);
  expect(rest).toEqual({ backend: "wasm", isOurs: true, name: "Corr2dError" });
});

it("made no noise: no failed request, no message on the console", () => {
  expect(problems).toEqual([]);
});
