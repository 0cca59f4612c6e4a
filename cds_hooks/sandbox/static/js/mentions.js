// What a reader found in a note, in words: its kind, what the note says of it, its value and its codes.

import { number, systemName, unit } from "./format.js";
import { offsetsIn } from "./spans.js";

/** The kinds that are told apart, in reading order; "Other" is hidden until it is asked for. */
export const GROUPS = [
  { key: "problem", name: "Problems", one: "Problem", short: "Dx" },
  { key: "symptom", name: "Symptoms, findings", one: "Symptom or finding", short: "Sx" },
  { key: "medication", name: "Medications", one: "Medication", short: "Rx" },
  { key: "test", name: "Tests and values", one: "Test or value", short: "Test" },
  { key: "procedure", name: "Procedures", one: "Procedure", short: "Proc" },
  { key: "habit", name: "Habits", one: "Habit", short: "Habit" },
  { key: "other", name: "Other", one: "Other", short: "Other", hidden: true },
];
const GROUP_OF = {
  problem: "problem",
  symptom: "symptom",
  medication: "medication",
  dosage: "medication",
  test: "test",
  value: "test",
  procedure: "procedure",
  habit: "habit",
};
const BY_KEY = Object.fromEntries(GROUPS.map((group) => [group.key, group]));
const PRESENCE = { present: "present", absent: "denied", possible: "possible", conditional: "conditional" };
const WHEN = { current: "current", past: "past", planned: "planned" };
const WHOSE = { patient: "patient", family: "family", other: "someone else" };
const ACRONYMS = new Set("alt ast bmi bun crp ecg hdl hpi inr ldl lvef tsh uacr wbc".split(" "));
const ORIGINS = { model: "language model", vocabulary: "known name", pattern: "rule" };

/** The mentions of a reading, their offsets in this text as strings here count them; what has no place in it is dropped. */
export function mentionsOf(text, reading) {
  const at = offsetsIn(text);
  const spanOf = (given) =>
    given?.start >= 0 && given.end > given.start ? { start: at(given.start), end: at(given.end) } : null;
  return (reading.mentions ?? [])
    .map((given) => mentionOf(given, text, spanOf))
    .filter((mention) => mention?.words)
    .sort((a, b) => a.start - b.start || b.end - a.end);
}

function mentionOf(given, text, spanOf) {
  const span = spanOf(given);
  if (!span) return null;
  const { presence, when, whose, score, cues } = given.assertion ?? {};
  return {
    ...span,
    words: text.slice(span.start, span.end),
    type: given.type,
    group: GROUP_OF[given.type] ?? "other",
    presence: presence in PRESENCE ? presence : "present",
    when: when in WHEN ? when : "current",
    whose: whose in WHOSE ? whose : "patient",
    sure: score,
    score: given.score,
    origin: given.origin,
    section: given.section,
    cues: (cues ?? []).map(spanOf).filter(Boolean),
    value: given.value,
    codes: given.codes ?? [],
  };
}

/** Whether the note says that the patient has this, now. */
export function appliesNow({ presence, when, whose }) {
  return presence === "present" && when === "current" && whose === "patient";
}

/** The kind of one mention in words. */
export function kindOf({ group, type }) {
  return group === "other" || type === "dosage" ? sentenceCase(type) : BY_KEY[group].one;
}

/** The kind in a few letters. */
export function shortKindOf({ group }) {
  return BY_KEY[group].short;
}

/** What the note says of it: presence, time and person, one word each. */
export function assertionOf({ presence, when, whose }) {
  return [PRESENCE[presence], WHEN[when], WHOSE[whose]];
}

/** Only what sets it apart from "the patient has this now". */
export function exceptionsOf({ presence, when, whose }) {
  return [
    presence === "present" ? null : PRESENCE[presence],
    when === "current" ? null : WHEN[when],
    whose === "patient" ? null : WHOSE[whose],
  ].filter(Boolean);
}

/** The value with its unit, as it was understood; empty when there is none. */
export function valueOf({ value }) {
  if (!value) return "";
  const name = value.analyte ? `${sentenceCase(value.analyte)} ` : "";
  const given = value.value ?? null;
  if (given === null) return `${name}${(value.text ?? "").replaceAll("-", " ")}`.trim();
  const amount = Number.isNaN(Number(given)) ? String(given) : number(Number(given));
  const counted = value.unit?.includes("{") ? "" : unit({ code: value.unit }); // the name already says "packs per day"
  return `${name}${value.comparator ?? ""}${amount} ${counted}`.trim();
}

/** Whether it is of a kind that has codes, so that none means that the reader abstained. */
export function isCodable({ type }) {
  return ["problem", "symptom", "medication", "procedure", "test"].includes(type);
}

/** A code in words, such as "ICD-10-CM I10 Hypertension". */
export function codeOf(match) {
  return [systemName(match.system), match.code, match.display].filter(Boolean).join(" ");
}

/** How sure the reader is, in the words of the detail. */
export function certaintyOf(mention) {
  const parts = [
    ["span", mention.score],
    ["assertion", mention.sure],
    ["code", mention.codes[0]?.score],
  ].filter(([, score]) => typeof score === "number");
  const scores = parts.map(([name, score]) => `${name} ${score.toFixed(2)}`).join(", ");
  return [scores && `Scores: ${scores}`, ORIGINS[mention.origin] && `found by ${ORIGINS[mention.origin]}`]
    .filter(Boolean)
    .join("; ");
}

/** One line that says everything: what assistive technology and a tooltip say of a span. */
export function described(mention) {
  const said = [kindOf(mention), ...assertionOf(mention)].join(", ");
  return [said, valueOf(mention), mention.codes[0] && codeOf(mention.codes[0])].filter(Boolean).join("; ");
}

/** A key, such as a kind of section, as words. */
export function sentenceCase(key) {
  const words = String(key ?? "").replaceAll("_", " ");
  return ACRONYMS.has(words) ? words.toUpperCase() : words && words[0].toUpperCase() + words.slice(1);
}
