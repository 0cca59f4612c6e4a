// A trend in the height of a table row: line, last point, and the reference range behind it.

import { svg } from "./dom.js";
import { day, number } from "./format.js";

const WIDTH = 120;
const HEIGHT = 32;
const MARGIN = 4;
let drawn = 0;

/** Draws the lines of a series; null when there are fewer than two points to join. */
export function sparkline(series) {
  const lines = series.lines.filter((points) => points.length > 1);
  if (!lines.length) return null;
  const scale = scales(lines.flat());
  drawn += 1;
  const [title, description] = [`trend-title-${drawn}`, `trend-text-${drawn}`];
  return svg(
    "svg",
    {
      class: "sparkline",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      width: WIDTH,
      height: HEIGHT,
      role: "img",
      "aria-labelledby": `${title} ${description}`,
    },
    svg("title", { id: title, text: `Trend of ${series.name}` }),
    svg("desc", { id: description, text: lines.map(inWords).join("; ") }),
    band(series.latest, scale),
    ...lines.flatMap((points) => [path(points, scale), lastPoint(points, scale)]),
  );
}

function scales(points) {
  const times = points.map((point) => point.time);
  const values = points.map((point) => point.value);
  const least = 0.15 * Math.max(...values.map(Math.abs));
  return { x: linear(times, MARGIN, WIDTH - MARGIN), y: linear(values, HEIGHT - MARGIN, MARGIN, least) };
}

// A span below `least` is not stretched to the full height: a hair of change must not look like a trend.
function linear(numbers, from, to, least = 0) {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const middle = (low + high) / 2;
  const span = Math.max(high - low, least, Number.MIN_VALUE);
  return (each) => (from + to) / 2 + ((each - middle) / span) * (to - from);
}

function path(points, { x, y }) {
  const steps = points.map(
    ({ time, value }, index) => `${index ? "L" : "M"}${x(time).toFixed(1)} ${y(value).toFixed(1)}`,
  );
  return svg("path", { class: "sparkline-line", d: steps.join("") });
}

function lastPoint(points, { x, y }) {
  const last = points.at(-1);
  return svg("circle", {
    class: "sparkline-last",
    cx: x(last.time).toFixed(1),
    cy: y(last.value).toFixed(1),
    r: 2.6,
  });
}

function band(latest, { y }) {
  const range = latest.referenceRange?.[0];
  if (range?.low?.value === undefined && range?.high?.value === undefined) return null;
  const within = (value) => Math.min(Math.max(value, 0), HEIGHT);
  const top = range.high?.value === undefined ? 0 : within(y(range.high.value));
  const bottom = range.low?.value === undefined ? HEIGHT : within(y(range.low.value));
  return bottom > top
    ? svg("rect", { class: "sparkline-range", x: 0, width: WIDTH, y: top, height: bottom - top })
    : null;
}

function inWords(points) {
  const [first, last] = [points[0], points.at(-1)];
  const date = (point) => day(new Date(point.time).toISOString());
  return `${points.length} values, from ${number(first.value)} on ${date(first)} to ${number(last.value)} on ${date(last)}`;
}
