// SPDX-License-Identifier: MIT
// Pictures of the experiments: Vega-Lite lays them out, sharp writes those that contain pixels.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { parse, View } from "vega";
import { compile } from "vega-lite";

const config = {
  aria: false, // labels on each mark would be most of the file
  background: "white",
  padding: 10,
  view: { stroke: null },
  axis: {
    labelFlush: false, // else the first and the last label leave their places
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    gridColor: "#e4e4e4",
  },
  legend: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" },
  title: { fontSize: 13, fontWeight: "normal", anchor: "start", frame: "group", offset: 6 },
  concat: { spacing: 22 },
  range: { category: ["#1f6fb4", "#d9541e", "#2a9d62", "#8c5fbf", "#b8860b"] },
};

/** Blue below 0, red above: the sign is what these pictures are about. */
const diverging = ["#2166ac", "#92c5de", "#f7f7f7", "#f4a582", "#b2182b"];

/**
 * Writes a Vega-Lite specification to the output folder, the first argument of the command line (default: where one
 * is). A name that ends in .svg gives a drawing, .png pixels, two for each unit of length.
 */
export async function writePicture(name, specification) {
  const svg = await draw(specification);
  if (name.endsWith(".svg")) writeFileSync(fileOf(name), `${svg}\n`);
  else
    await sharp(Buffer.from(svg), { density: 144 }).png({ palette: true, colours: 64 }).toFile(fileOf(name));
}

/** Writes a picture that is made of pixels, one for each unit of length, in the 16 colours that half a byte holds. */
export async function writePhotos(name, specification) {
  const svg = await draw(specification);
  await sharp(Buffer.from(svg))
    .png({ palette: true, colours: 16, dither: 0, effort: 10 })
    .toFile(fileOf(name));
}

async function draw(specification) {
  const { spec } = compile({ ...specification, config });
  return new View(parse(spec), { renderer: "none" }).toSVG();
}

/** The path of an output file, in a folder that exists. */
function fileOf(name) {
  const folder = process.argv[2] ?? ".";
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  console.log(`writes ${file}`);
  return file;
}

/** A matrix (rows, or what corr2d returns) as coloured squares with their values in them. */
export function matrixView(
  matrix,
  { title = "", cell = 30, extent, colours = diverging, format = ".3~g" } = {},
) {
  const rows = Array.isArray(matrix) ? matrix : matrix.toArray();
  const values = rows.flatMap((row, y) => row.map((value, x) => ({ x, y, value: value + 0 })));
  const most = extent ?? Math.max(...values.map(({ value }) => Math.abs(value)), 1e-9);
  const axis = (field) => ({ field, type: "ordinal", axis: null });
  const text = {
    mark: { type: "text", fontSize: Math.min(13, cell * 0.42) },
    encoding: {
      text: { field: "value", format },
      color: { condition: { test: `abs(datum.value) > ${0.7 * most}`, value: "white" }, value: "#333" },
    },
  };
  return {
    title,
    data: { values },
    width: cell * rows[0].length,
    height: cell * rows.length,
    encoding: { x: axis("x"), y: axis("y") },
    layer: [
      {
        mark: { type: "rect", stroke: "#bbb", strokeWidth: 0.5 },
        encoding: {
          color: {
            field: "value",
            type: "quantitative",
            scale: { domain: [-most, most], range: colours, interpolate: "rgb" },
            legend: null,
          },
        },
      },
      ...(cell >= 16 ? [text] : []),
    ],
    resolve: { scale: { color: "independent" } },
  };
}

/** Grey pixels, [height, width], from black at `range[0]` to white at `range[1]`; `scale` is their size in the picture. */
export async function pixelsView({ data, shape }, { title = "", range = extentOf(data), scale = 1 } = {}) {
  const [height, width] = shape;
  const [low, high] = range;
  const grey = Uint8ClampedArray.from(data, (value) => (255 * (value - low)) / (high - low || 1));
  return imageView(await pngUrl(grey, width, height, 1), {
    title,
    width: width * scale,
    height: height * scale,
  });
}

/** Colours of `range` for values [height, width] of the numbers in `domain`, rows from the bottom up. */
export async function heatView({ data, shape }, { domain: [low, high], ...options }) {
  const [height, width] = shape;
  const stops = [
    [0, 0, 4],
    [87, 16, 110],
    [188, 55, 84],
    [249, 142, 9],
    [252, 255, 164],
  ]; // "inferno": ascends evenly in lightness
  const pixels = new Uint8ClampedArray(3 * data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const part = Math.min(Math.max((data[y * width + x] - low) / (high - low), 0), 1) * (stops.length - 1);
      const i = Math.min(Math.floor(part), stops.length - 2);
      const at = 3 * ((height - 1 - y) * width + x);
      for (let c = 0; c < 3; c++) pixels[at + c] = stops[i][c] + (part - i) * (stops[i + 1][c] - stops[i][c]);
    }
  }
  return imageView(await pngUrl(pixels, width, height, 3), options);
}

/** Views of one size side by side; how long their titles are makes no difference. */
export function gridView(views, columns = views.length, spacing = { row: 36, column: 14 }) {
  return { concat: views, columns, bounds: "flush", spacing };
}

/** Curves: rows of { x, y, series }. */
export function linesView(
  values,
  { title = "", x, y, width = 420, height = 220, series = "", log = false } = {},
) {
  const names = [...new Set(values.map((value) => value.series))];
  return {
    title,
    data: { values },
    width,
    height,
    mark: { type: "line", strokeWidth: 2 },
    encoding: {
      x: { field: "x", type: "quantitative", title: x },
      y: {
        field: "y",
        type: "quantitative",
        title: y,
        ...(log && logAxis(values.map((value) => value.y))),
      },
      color:
        names.length > 1
          ? { field: "series", type: "nominal", title: series, sort: names }
          : { value: config.range.category[0] },
    },
  };
}

/** Whole powers of ten, from the one below all values to the one above. */
function logAxis(values) {
  const [low, high] = [
    Math.floor(Math.log10(Math.min(...values)) + 1e-9),
    Math.ceil(Math.log10(Math.max(...values)) - 1e-9),
  ];
  const powers = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  const domain = [powers[0], powers.at(-1)];
  return { scale: { type: "log", domain, nice: false }, axis: { values: powers, format: "~g" } };
}

function imageView(url, { title = "", width, height, x, y }) {
  const axis = (spec) =>
    spec === undefined
      ? { value: 0 }
      : {
          datum: spec.domain[0],
          type: "quantitative",
          axis: { title: spec.title },
          scale: { domain: spec.domain, nice: false },
        };
  const image = {
    data: { values: [{}] },
    mark: { type: "image", url, width, height, aspect: false, smooth: false, align: "left", baseline: "top" },
    encoding: { x: { value: 0 }, y: { value: 0 } },
  };
  if (x === undefined) return { title, width, height, ...image };
  const frame = {
    data: { values: [{}] },
    mark: { type: "point", opacity: 0 },
    encoding: { x: axis(x), y: axis(y) },
  };
  return { title, width, height, layer: [image, frame] };
}

async function pngUrl(pixels, width, height, channels) {
  const image = sharp(pixels, { raw: { width, height, channels } });
  const png = await (channels === 1 ? image.toColourspace("b-w") : image).png().toBuffer();
  return `data:image/png;base64,${png.toString("base64")}`;
}

function extentOf(data) {
  return [data.reduce((a, b) => Math.min(a, b)), data.reduce((a, b) => Math.max(a, b))];
}
