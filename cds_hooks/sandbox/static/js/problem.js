// A failure as the clinician sees it: what failed, the status, what the server said, the number to quote.

import { el } from "./dom.js";

/** A panel for a failed FHIR or CDS exchange; `retry` adds a button. */
export function problemPanel(error, retry = null) {
  const facts = [
    error.status ? `HTTP status ${error.status}` : null,
    error.correlation ? `Correlation id ${error.correlation}` : null,
  ].filter(Boolean);
  return el(
    "div",
    { class: "panel panel-error", role: "alert" },
    el(
      "p",
      { class: "panel-title" },
      el("span", { class: "panel-icon", "aria-hidden": "true", text: "!" }),
      error.what ?? "This cannot be shown: the answer has a form that this page does not understand",
    ),
    ...(error.issues ?? []).map((issue) => el("p", { text: issue })),
    facts.length ? el("p", { class: "panel-facts", text: facts.join(" · ") }) : null,
    retry,
  );
}
