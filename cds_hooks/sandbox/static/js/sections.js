// The parts of the chart that are lists: problems, medications, allergies, procedures, visits.

import { el, table } from "./dom.js";
import { conceptCode, conceptText, day, newestFirst, statusCode } from "./format.js";

const OVER = new Set(["inactive", "resolved", "remission"]);
const DENIED = new Set(["entered-in-error", "refuted"]);
const SHOWN_VALUES = 12;
const NOT_TAKEN = new Set(["stopped", "completed", "cancelled", "not-taken"]);

/** The problem list: active ones first, resolved ones folded away; `added` holds references written a moment ago. */
export function problems(conditions, added = new Set()) {
  const stated = conditions
    .filter((each) => !DENIED.has(statusCode(each.verificationStatus)))
    .sort(newestFirst(onset));
  const [past, active] = split(
    stated,
    (each) => OVER.has(statusCode(each.clinicalStatus)) || each.abatementDateTime,
  );
  const row = (each) =>
    el(
      "li",
      { class: added.has(`Condition/${each.id}`) ? "entry entry-new" : "entry" },
      el(
        "div",
        { class: "entry-main" },
        el("span", { class: "entry-name", text: conceptText(each.code) }),
        ...conditionTags(each, added),
      ),
      detailLine(
        conceptCode(each.code),
        onset(each) && `since ${day(onset(each))}`,
        each.abatementDateTime && `until ${day(each.abatementDateTime)}`,
      ),
    );
  return block("Problems", active, past, row, {
    none: "No active problems recorded.",
    pastLabel: "resolved or inactive",
  });
}

/** What is prescribed or reported as taken; what has stopped is folded away. */
export function medications(prescribed, reported) {
  const all = [...prescribed, ...reported]
    .filter((each) => each.status !== "entered-in-error")
    .sort(newestFirst(started));
  const [past, active] = split(all, (each) => NOT_TAKEN.has(each.status));
  const row = (each) =>
    el(
      "li",
      { class: "entry" },
      el(
        "div",
        { class: "entry-main" },
        el("span", { class: "entry-name", text: drugName(each) }),
        each.status === "active" ? null : tag(each.status),
      ),
      detailLine(
        dosage(each),
        started(each) && `since ${day(started(each))}`,
        each.resourceType === "MedicationStatement" && "reported by the patient",
      ),
    );
  return block("Medications", active, past, row, {
    none: "No current medications recorded.",
    pastLabel: "stopped or completed",
  });
}

/** Allergies with their reactions and criticality. */
export function allergies(resources) {
  const current = currentAllergies(resources);
  const row = (each) =>
    el(
      "li",
      { class: "entry" },
      el(
        "div",
        { class: "entry-main" },
        el("span", { class: "entry-name", text: conceptText(each.code) }),
        each.criticality === "high" ? tag("high criticality") : null,
      ),
      detailLine(reactions(each), conceptCode(each.code)),
    );
  return block("Allergies", current, [], row, { none: "No allergies recorded." });
}

/** The allergies that hold: neither refuted, nor resolved, nor entered in error. */
export function currentAllergies(resources) {
  return resources.filter(
    (each) => !DENIED.has(statusCode(each.verificationStatus)) && !OVER.has(statusCode(each.clinicalStatus)),
  );
}

/** Named values with their dates; nothing when there are none. */
export function values(title, named) {
  if (!named.length) return null;
  const pairs = named
    .slice(0, SHOWN_VALUES)
    .map(({ name, value, date }) =>
      el(
        "li",
        { class: "entry entry-value" },
        el("span", { class: "entry-name", text: name }),
        el("span", { class: "entry-said" }, value, el("span", { class: "entry-detail", text: ` · ${date}` })),
      ),
    );
  return el(
    "section",
    { class: "block" },
    el("h2", { text: title }),
    el("ul", { class: "entries" }, ...pairs),
  );
}

/** Encounters, newest first. */
export function encounters(resources) {
  const rows = resources
    .filter((each) => each.status !== "entered-in-error")
    .sort(newestFirst((each) => each.period?.start))
    .map((each) =>
      el(
        "tr",
        {},
        el("td", { class: "nowrap", text: period(each.period) }),
        el(
          "th",
          { scope: "row" },
          each.type?.length
            ? conceptText(each.type[0])
            : (each.class?.display ?? each.class?.code ?? "Visit"),
        ),
        el("td", {}, (each.reasonCode ?? []).map(conceptText).join(", ") || "–"),
        el("td", { class: "muted", text: each.status }),
      ),
    );
  return listing("Encounters", ["Date", "Type", "Reason", "Status"], rows, "No encounters recorded.");
}

/** Procedures, newest first. */
export function procedures(resources) {
  const when = (each) => each.performedDateTime ?? each.performedPeriod?.start;
  const rows = resources
    .filter((each) => each.status !== "entered-in-error")
    .sort(newestFirst(when))
    .map((each) =>
      el(
        "tr",
        {},
        el("td", { class: "nowrap", text: day(when(each)) }),
        el("th", { scope: "row" }, conceptText(each.code)),
        el("td", {}, (each.reasonCode ?? []).map(conceptText).join(", ") || "–"),
        el("td", { class: "muted", text: each.status }),
      ),
    );
  return listing("Procedures", ["Date", "Procedure", "Reason", "Status"], rows, "No procedures recorded.");
}

function listing(title, headings, rows, none) {
  const body = rows.length ? table(title, headings, rows) : el("p", { class: "empty", text: none });
  return el("section", { class: "block" }, el("h2", {}, title, count(rows.length)), body);
}

function block(title, active, past, row, { none, pastLabel }) {
  const list = active.length
    ? el("ul", { class: "entries" }, ...active.map(row))
    : el("p", { class: "empty", text: none });
  const folded = past.length
    ? el(
        "details",
        { class: "past" },
        el("summary", { text: `${past.length} ${pastLabel}` }),
        el("ul", { class: "entries" }, ...past.map(row)),
      )
    : null;
  return el("section", { class: "block" }, el("h2", {}, title, count(active.length)), list, folded);
}

function count(number) {
  return el("span", { class: "count", text: String(number) });
}

function tag(text) {
  return el("span", { class: "tag", text });
}

function detailLine(...parts) {
  const said = parts.filter(Boolean).join(" · ");
  return said ? el("div", { class: "entry-detail", text: said }) : null;
}

function conditionTags(condition, added) {
  const verification = statusCode(condition.verificationStatus);
  return [
    added.has(`Condition/${condition.id}`)
      ? el("span", { class: "tag tag-new", text: "added just now" })
      : null,
    verification && verification !== "confirmed" ? tag(verification) : null,
    statusCode(condition.clinicalStatus) === "recurrence" ? tag("recurrence") : null,
  ];
}

function onset(condition) {
  return condition.onsetDateTime ?? condition.onsetPeriod?.start ?? condition.recordedDate;
}

function started(medication) {
  return (
    medication.authoredOn ??
    medication.effectiveDateTime ??
    medication.effectivePeriod?.start ??
    medication.dateAsserted
  );
}

function drugName({ medicationCodeableConcept: concept, medicationReference: reference, contained = [] }) {
  if (concept) return conceptText(concept);
  const inside = contained.find((each) => `#${each.id}` === reference?.reference);
  return inside ? conceptText(inside.code) : (reference?.display ?? reference?.reference ?? "Not coded");
}

function dosage(medication) {
  return (medication.dosageInstruction ?? medication.dosage ?? [])
    .map((each) => each.text)
    .filter(Boolean)
    .join("; ");
}

function reactions(allergy) {
  return (allergy.reaction ?? [])
    .flatMap((each) => each.manifestation ?? [])
    .map(conceptText)
    .join(", ");
}

function period({ start, end } = {}) {
  return end && day(end) !== day(start) ? `${day(start)} – ${day(end)}` : day(start);
}

function split(all, test) {
  return [all.filter(test), all.filter((each) => !test(each))];
}
