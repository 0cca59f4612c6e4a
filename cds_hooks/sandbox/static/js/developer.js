// The developer tab: what was sent and answered, byte for byte and millisecond by millisecond.

import { MODES } from "./cds.js";
import { button, el, show, table } from "./dom.js";
import { onExchanges } from "./exchanges.js";
import { bytes, milliseconds } from "./format.js";
import { DATA_QUALITY, qualityView } from "./quality.js";
import { statement } from "./signing.js";

/** Fills the tab and keeps it up to date; `onMode` hears which data should travel with the calls. */
export function developer(panel, { mode, onMode }) {
  const shown = new Map();
  const list = el("div", { class: "exchanges" });
  const reads = el("div");
  show(
    panel,
    modeChoice(mode, onMode),
    el("h2", { text: "Exchanges" }),
    list,
    el("h2", { text: "FHIR reads by this page" }),
    reads,
  );
  onExchanges((all) => {
    for (const record of all.filter(
      (each) => each.kind !== "read" && each.ms !== undefined && !shown.has(each),
    )) {
      shown.set(record, exchangeView(record));
      list.append(shown.get(record));
    }
    show(reads, readTable(all.filter((each) => each.kind === "read" && each.ms !== undefined)));
  });
}

function modeChoice(mode, onMode) {
  const choices = Object.entries(MODES).map(([value, words]) =>
    el(
      "label",
      { class: "choice" },
      el("input", {
        type: "radio",
        name: "mode",
        value,
        checked: value === mode,
        on: { change: () => onMode(value) },
      }),
      words,
    ),
  );
  return el(
    "fieldset",
    { class: "mode" },
    el("legend", { text: "What travels with a patient-view call" }),
    ...choices,
  );
}

function exchangeView(record) {
  const failed = record.status === null || record.status >= 400;
  return el(
    "details",
    { class: failed ? "exchange exchange-failed" : "exchange", open: record.kind === "hook" },
    el(
      "summary",
      {},
      el("span", { class: "exchange-title", text: record.title }),
      el("span", { class: "exchange-status", text: record.status ?? record.failure }),
      el("span", { class: "exchange-time", text: milliseconds(record.ms) }),
    ),
    el("p", { class: "exchange-line" }, el("code", { text: `${record.method} ${record.url}` })),
    timings(record),
    notesInAnswer(record.response),
    record.token && payload("Signed token", statement(record.token), record.token.length),
    payload("Request", record.request, record.requestBytes),
    payload("Response", record.response, record.responseBytes),
  );
}

function timings(record) {
  const rows = [
    record.prefetchMs === undefined ? null : ["Filling the prefetch in the browser", record.prefetchMs],
    ["Whole exchange, as the browser saw it", record.ms],
    ...(record.serverTiming ?? []).map(({ name, ms, description }) => [`Server: ${description || name}`, ms]),
  ].filter(Boolean);
  const correlation = record.correlation
    ? el("p", { class: "muted" }, "Correlation id ", el("code", { text: record.correlation }))
    : null;
  const body = rows.map(([what, ms]) =>
    el(
      "tr",
      {},
      el("th", { scope: "row", text: what }),
      el("td", { class: "number", text: milliseconds(ms) }),
    ),
  );
  return el(
    "div",
    {},
    table(`Timings of ${record.title}`, ["Step", "Time"], body, { className: "timings" }),
    correlation,
  );
}

// Services say in `extension` what they could not read: what is known here as a table, the rest as it came.
function notesInAnswer(response) {
  const extension = response?.extension;
  if (!extension || typeof extension !== "object") return null;
  const { [DATA_QUALITY]: quality, ...others } = extension;
  return el(
    "div",
    { class: "extension" },
    quality === undefined ? null : qualityView(quality),
    Object.keys(others).length
      ? el("div", {}, el("h3", { text: "Extension in the answer" }), code(others))
      : null,
  );
}

function payload(name, value, size) {
  if (value === undefined || value === null) return null;
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const holder = el("div");
  const fold = el(
    "details",
    { class: "payload", on: { toggle: () => fold.open && !holder.firstChild && holder.append(code(value)) } },
    el("summary", { text: `${name}, ${bytes(size)}` }),
    holder,
  );
  return el("div", { class: "payload-row" }, fold, copyButton(`Copy the ${name.toLowerCase()}`, text));
}

function code(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return el(
    "pre",
    { class: "code", tabindex: "0", role: "region", "aria-label": "JSON" },
    el("code", { text }),
  );
}

function copyButton(label, text) {
  const copy = button(
    "Copy",
    async () => {
      try {
        await navigator.clipboard.writeText(text);
        copy.textContent = "Copied";
      } catch {
        copy.textContent = "Not allowed"; // the browser refuses the clipboard outside secure contexts
      }
    },
    { kind: "quiet", label },
  );
  return copy;
}

function readTable(records) {
  if (!records.length) return el("p", { class: "empty", text: "None yet." });
  const rows = records.map((record) =>
    el(
      "tr",
      {},
      el("td", {}, el("code", { text: record.title })),
      el("td", { text: record.status ?? record.failure }),
      el("td", { class: "number", text: bytes(record.responseBytes) }),
      el("td", { class: "number", text: milliseconds(record.ms) }),
    ),
  );
  return table("FHIR reads", ["Query", "Status", "Size", "Time"], rows);
}
