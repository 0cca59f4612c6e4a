// Labs and vitals: one row per measured thing with its latest value, flag, trend, and the history behind it.

import { button, el, show, table } from "./dom.js";
import { day, moment } from "./format.js";
import { byPanel } from "./panels.js";
import { flag, hasCategory, observedAt, rangeText, seriesOf, valueText } from "./series.js";
import { sparkline } from "./sparkline.js";

const HEADINGS = ["Test", "Latest", "Flag", "Reference", "Date", "Trend", "History"];
const SHOWN = 40;

/** The laboratory results under their panels. */
export function labs(observations) {
  const all = seriesOf(observations.filter((each) => hasCategory(each, "laboratory")));
  if (!all.length) return [el("p", { class: "empty", text: "No laboratory results in this chart." })];
  return byPanel(all).map((panel) =>
    el("section", { class: "block" }, el("h2", { text: panel.name }), grid(panel.name, panel.series)),
  );
}

/** The vital signs. */
export function vitals(observations) {
  const all = seriesOf(observations.filter((each) => hasCategory(each, "vital-signs")));
  if (!all.length) return [el("p", { class: "empty", text: "No vital signs in this chart." })];
  return [el("section", { class: "block" }, el("h2", { text: "Vital signs" }), grid("Vital signs", all))];
}

/** The newest value of each vital sign, for a glance. */
export function latestVitals(observations) {
  return newest(observations.filter((each) => hasCategory(each, "vital-signs")));
}

/** What is neither laboratory nor vital sign (smoking, questionnaires): the newest value of each. */
export function otherObservations(observations) {
  return newest(
    observations.filter((each) => !hasCategory(each, "laboratory") && !hasCategory(each, "vital-signs")),
  );
}

function newest(observations) {
  return seriesOf(observations).map(({ name, latest }) => ({
    name,
    value: valueText(latest),
    date: day(observedAt(latest)),
  }));
}

function grid(caption, allSeries) {
  return table(caption, HEADINGS, allSeries.flatMap(rows), { className: "results" });
}

function rows(series) {
  const { latest, points } = series;
  const past = el("tr", { class: "history", hidden: true }, el("td", { colspan: HEADINGS.length }));
  const preliminary =
    latest.status === "preliminary" ? el("span", { class: "tag", text: "preliminary" }) : null;
  const row = el(
    "tr",
    {},
    testName(series.name),
    el("td", { class: "value" }, valueText(latest), preliminary),
    el("td", { class: "flagged" }, flagTag(flag(latest))),
    el("td", {
      class: rangeText(latest) ? "reference muted nowrap" : "reference reference-none muted",
      text: rangeText(latest) || "–",
    }),
    el("td", { class: "date nowrap", text: day(observedAt(latest)) }),
    el("td", { class: "trend" }, sparkline(series) ?? el("span", { class: "muted", text: "–" })),
    el(
      "td",
      { class: "past-values nowrap" },
      points.length > 1 ? historyButton(series, past) : el("span", { class: "muted", text: "1 value" }),
    ),
  );
  return points.length > 1 ? [row, past] : [row];
}

// LOINC's long names, "Calcium [Mass/volume] in Serum or Plasma", keep their tail but do not shout it.
function testName(name) {
  const [, main, tail] = /^(.+?)(\s\[.*)?$/s.exec(name);
  return el("th", { scope: "row" }, main, tail ? el("span", { class: "test-tail", text: tail }) : null);
}

function historyButton(series, past) {
  const toggle = button(
    `${series.points.length} values`,
    () => {
      const opening = past.hidden;
      if (opening) show(past.firstChild, history(series));
      past.hidden = !opening;
      toggle.setAttribute("aria-expanded", String(opening));
    },
    {
      kind: "quiet",
      label: `History of ${series.name}, ${series.points.length} values`,
      "aria-expanded": "false",
    },
  );
  return toggle;
}

function history({ points }) {
  const items = points
    .slice(0, SHOWN)
    .map((point) =>
      el(
        "li",
        {},
        el("span", { class: "muted", text: moment(observedAt(point)) }),
        " ",
        el("strong", { text: valueText(point) }),
        " ",
        flagTag(flag(point)),
      ),
    );
  const rest = points.length - items.length;
  return el(
    "div",
    {},
    el("ul", { class: "history-list" }, ...items),
    rest > 0 ? el("p", { class: "muted", text: `and ${rest} older values` }) : null,
  );
}

function flagTag(word) {
  if (!word) return null;
  const arrow = /high/i.test(word) ? "▲" : /low/i.test(word) ? "▼" : "●";
  const severe = /critical/i.test(word) ? " flag-critical" : "";
  return el(
    "span",
    { class: `flag${severe}` },
    el("span", { "aria-hidden": "true", text: arrow }),
    ` ${word}`,
  );
}
