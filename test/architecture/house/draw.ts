import type { Route } from "./geometry.js";
import { type Layout, layOut } from "./layout.js";
import { type Measured, measure, ROW } from "./measure.js";
import type { Plan } from "./plan.js";

const WIDTH = 1000;
const MARGIN = 32;
const HEADER = 76;
const FOOTER = 64;

const STYLE = `<style>
  svg { color-scheme: light dark; }
  .paper { fill: #fbfaf7; }
  text, .caption { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #5d6472; }
  .name { font-size: 15px; font-weight: 600; fill: #1d2330; }
  .file { font: 11.5px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #39404e; }
  .folder { fill: #8a8f9b; }
  .box { fill: #ffffff; stroke: #c9cdd6; }
  .entry { fill: #eef4fc; stroke: #9db9de; }
  .arrow { fill: none; stroke: #8d95a5; stroke-width: 1.4; }
  .types { stroke-dasharray: 2 4; }
  .head { fill: #8d95a5; }
  .wrong { fill: #b3261e; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #14171d; }
    text, .caption { fill: #99a1b0; }
    .name { fill: #eceff5; }
    .file { fill: #c3c9d4; }
    .folder { fill: #788091; }
    .box { fill: #1d222b; stroke: #3c4452; }
    .entry { fill: #1b2a40; stroke: #44638e; }
    .arrow { stroke: #798396; }
    .head { fill: #798396; }
    .wrong { fill: #ff8a80; }
  }
</style>`;

const HEAD = `<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0 0.5 L8 4 L0 7.5 z"/></marker></defs>`;

/**
 * Draws the plan as SVG.
 *
 * @param captions What stands beside the name of a box, by the name.
 */
export function draw(plan: Plan, captions: Readonly<Record<string, string>>): string {
  const boxes = plan.boxes.map((box) => measure(box, captions[box.name]));
  const sizes = new Map(boxes.map((box) => [box.name, box]));
  const layout = layOut(sizes, plan.arrows, WIDTH - 2 * MARGIN);
  const bottom = Math.round(layout.height) + HEADER;
  const height = bottom + FOOTER;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title">`,
    `<title id="title">The folders of src/, each above the ones it imports from</title>`,
    STYLE,
    HEAD,
    `<rect class="paper" width="${WIDTH}" height="${height}" rx="14"/>`,
    `<g transform="translate(${MARGIN} 38)">`,
    `<text class="name">The sources of roomcast</text><text y="19">Each box stands above those that it imports from. Types that are imported upwards are not shown.</text>`,
    "</g>",
    `<g transform="translate(${MARGIN} ${HEADER})">`,
    ...layout.routes.map(drawRoute),
    ...boxes.map((box) => drawBox(box, layout)),
    "</g>",
    `<g transform="translate(${MARGIN} ${bottom + FOOTER / 2 + 4})">`,
    ...legend(plan),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function drawBox(box: Measured, layout: Layout): string {
  const { x = 0, y = 0 } = layout.places.get(box.name) ?? {};
  return [
    `<g transform="translate(${round(x)} ${round(y)})">`,
    `<rect class="box${box.isEntry ? " entry" : ""}" width="${round(box.width)}" height="${box.height}" rx="7"/>`,
    ...box.texts.map(({ kind, text, after, x: left, row }) => {
      const behind = after && `<tspan class="caption" dx="10">${escapeText(after)}</tspan>`;
      const y = ROW.first + row * ROW.height;
      return `<text class="${kind}" x="${round(left)}" y="${y}">${escapeText(text)}${behind ?? ""}</text>`;
    }),
    "</g>",
  ].join("\n");
}

/** One curve down per row, straight through the rows themselves. */
function drawRoute({ arrow, points }: Route): string {
  const path = points.map(({ x, y }, index) => {
    const { x: left = x, y: top = y } = points[index - 1] ?? {};
    const end = `${round(x)} ${round(y)}`;
    if (index === 0) return `M${end}`;
    if (Math.abs(left - x) < 0.1) return y === top ? "" : `L${end}`;
    const middle = round((top + y) / 2);
    return `C${round(left)} ${middle} ${round(x)} ${middle} ${end}`;
  });
  const kind = arrow.isType ? "arrow types" : "arrow";
  return `<path class="${kind}" marker-end="url(#head)" d="${path.filter((part) => part !== "").join(" ")}"/>`;
}

function legend({ circular }: Plan): string[] {
  const arrow = (x: number, kind: string, text: string) => {
    return `<path class="${kind}" marker-end="url(#head)" d="M${x} -4 L${x + 34} -4"/><text x="${x + 44}">${text}</text>`;
  };
  const circles = circular.map(({ from, to }) => `${from} → ${to}`).join(", ");
  return [
    arrow(0, "arrow", "imports"),
    arrow(120, "arrow types", "imports types only"),
    `<rect class="box entry" x="300" y="-13" width="26" height="16" rx="4"/><text x="336">a module of the package: roomcast, roomcast/ws, …</text>`,
    `<text x="${WIDTH - 2 * MARGIN}" text-anchor="end">Arrows that follow from others are left out.</text>`,
    ...(circles === "" ? [] : [`<text class="wrong" y="20">In circles: ${circles}</text>`]),
  ];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
