// The mentions of a note beside its text, grouped by kind, and the detail of the one that is chosen.

import { button, el } from "./dom.js";
import {
  GROUPS,
  assertionOf,
  certaintyOf,
  codeOf,
  exceptionsOf,
  isCodable,
  kindOf,
  sentenceCase,
  valueOf,
} from "./mentions.js";

const CODES_SHOWN = 3;

/** The list; what a note says several times in the same way is one entry, and each press goes to the next place. */
export function mentionList(mentions, chosen, choose) {
  const sections = GROUPS.map((group) => {
    const own = mentions.filter((each) => each.group === group.key);
    return own.length ? section(group, alike(own), chosen, choose) : null;
  });
  return sections.some(Boolean) ? sections : [el("p", { class: "empty", text: "Nothing of what is shown." })];
}

function section(group, entries, chosen, choose) {
  return el(
    "section",
    { class: "mention-group", "data-group": group.key },
    el("h3", {}, el("span", { class: "chip-mark", "aria-hidden": "true" }), group.name),
    el("ul", {}, ...entries.map((entry) => el("li", {}, row(entry, chosen, choose)))),
  );
}

function alike(mentions) {
  const entries = new Map();
  for (const mention of mentions) {
    const code = mention.codes[0];
    const words = mention.words.toLowerCase().replace(/\s+/g, " ");
    const key = JSON.stringify([words, assertionOf(mention), valueOf(mention), code?.system, code?.code]);
    if (!entries.has(key)) entries.set(key, []);
    entries.get(key).push(mention);
  }
  return [...entries.values()];
}

function row(entry, chosen, choose) {
  const [first] = entry;
  const at = entry.indexOf(chosen);
  const scores = entry.map((each) => each.score).filter((score) => typeof score === "number");
  const node = button("", () => choose(entry[(at + 1) % entry.length]), {
    kind: "row",
    "aria-pressed": String(at >= 0),
    "data-presence": first.presence,
  });
  node.append(
    el(
      "span",
      { class: "mention-head" },
      el("span", { class: "mention-words", text: shortened(first.words) }),
      entry.length > 1 ? el("span", { class: "tag", text: `${entry.length} times` }) : null,
      ...exceptionsOf(first).map((word) => el("span", { class: "tag tag-said", text: word })),
    ),
    line("mention-value", valueOf(first)),
    line("mention-code", first.codes[0] ? codeOf(first.codes[0]) : ""),
    line("mention-said", [assertionOf(first).join(", "), highest(scores)].filter(Boolean).join(" · ")),
  );
  return node;
}

const line = (name, text) => (text ? el("span", { class: name, text }) : "");
const highest = (scores) => (scores.length ? `score ${Math.max(...scores).toFixed(2)}` : "");

function shortened(words) {
  const oneLine = words.replace(/\s+/g, " ");
  return oneLine.length > 80 ? `${oneLine.slice(0, 78)}…` : oneLine;
}

/** All that is known of the mentions under one word, and a button that closes it. */
export function detailOf(mentions, text, close) {
  return [
    button("Close", close, { kind: "quiet" }),
    ...mentions.map((mention) =>
      el(
        "div",
        { class: "mention-facts", "data-group": mention.group },
        el("h3", {}, el("span", { class: "chip-mark", "aria-hidden": "true" }), shortened(mention.words)),
        el("p", { text: [kindOf(mention), ...assertionOf(mention)].join(" · ") }),
        ...facts(mention, text).map((fact) => el("p", { class: "muted", text: fact })),
      ),
    ),
  ];
}

function facts(mention, text) {
  const cues = mention.cues.map(({ start, end }) => `“${text.slice(start, end)}”`).join(", ");
  const codes = mention.codes.slice(0, CODES_SHOWN).map(codeOf).join("; ");
  return [
    valueOf(mention) && `Value: ${valueOf(mention)}`,
    codes ? `Code: ${codes}` : isCodable(mention) && "No code: no name in the terminology is close enough.",
    cues && `Because of ${cues}`,
    mention.section && `Section: ${sentenceCase(mention.section)}`,
    certaintyOf(mention),
  ].filter(Boolean);
}
