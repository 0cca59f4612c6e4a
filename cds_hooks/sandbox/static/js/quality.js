// What of the chart a service did not take as it came: how often for each reason, and entry by entry.

import { el, table } from "./dom.js";

export const DATA_QUALITY = "org.cuecard.data-quality";
const WORDS = { skipped: "Not used", doubted: "Used with doubt", corrected: "Corrected" };

/** A summary by reason, and below it every entry; `quality` is the extension as it came. */
export function qualityView({ counts = [], entries = [] }) {
  const heading = el("h3", { text: "Data quality: what of the chart was not taken as it came" });
  if (!counts.length) return el("div", {}, heading, el("p", { text: "Everything was taken as it came." }));
  const rows = counts.map((each) =>
    row(
      WORDS[each.treatment] ?? each.treatment,
      each.problem,
      each.resource,
      each.reason,
      el("td", { class: "number", text: each.count }),
    ),
  );
  const list = entries.map((each) =>
    row(WORDS[each.treatment] ?? each.treatment, each.problem, each.source, each.reason),
  );
  return el(
    "div",
    { class: "data-quality" },
    heading,
    table("Data quality by reason", ["Treatment", "Problem", "Resource", "Why", "Count"], rows),
    el(
      "details",
      { class: "payload" },
      el("summary", { text: `Entry by entry (${entries.length})` }),
      table("Data quality entry by entry", ["Treatment", "Problem", "Entry", "Why"], list),
    ),
  );
}

function row(...cells) {
  return el("tr", {}, ...cells.map((cell) => (cell instanceof Node ? cell : el("td", { text: cell }))));
}
