// A note with what a reader found in it: the text with its mentions, filters that are the legend, a list, a detail.

import { asked, CdsError } from "./cds.js";
import { READ_NOTE_URL } from "./config.js";
import { el, show } from "./dom.js";
import { markedText } from "./marked.js";
import { GROUPS, appliesNow, mentionsOf } from "./mentions.js";
import { detailOf, mentionList } from "./mention-list.js";
import { problemPanel } from "./problem.js";
import { innermost } from "./spans.js";

const ROOMY = matchMedia("(min-width: 44rem)");
const STYLES = [
  ["present", {}],
  ["denied", { "data-presence": "absent", "data-sign": "−" }],
  ["possible", { "data-presence": "possible" }],
  ["conditional", { "data-presence": "conditional" }],
  ["past, or a relative’s", { "data-aside": true }],
];
const readings = new Map(); // by text: a note is read once per page

/** One text of a note. `reveal(passage)` scrolls to a passage of it and points it out. */
export function noteView(text) {
  const state = {
    text,
    mentions: [],
    hidden: new Set(GROUPS.filter((group) => group.hidden).map((group) => group.key)),
    nowOnly: false,
    chosen: null,
    found: null,
  };
  state.parts = {
    bar: el("div", { class: "reading-bar", hidden: true }),
    status: el("div", { class: "reading-status", role: "status" }),
    text: markedText(text, (mentions) => choose(state, mentions)),
    detail: el("section", {
      class: "mention-detail",
      "aria-label": "Chosen mention",
      "aria-live": "polite",
      hidden: true,
    }),
    list: el("aside", { class: "mention-list", "aria-label": "Mentions in this note", hidden: true }),
  };
  const { bar, status, detail, list } = state.parts;
  const main = el("div", { class: "reading-main" }, state.parts.text.root, detail);
  const root = el("div", { class: "reading" }, status, bar, main, list);
  root.addEventListener("keydown", (event) => event.key === "Escape" && state.chosen && choose(state, []));
  state.root = root;
  if (READ_NOTE_URL) read(state);
  return { root, reveal: (passage) => reveal(state, passage) };
}

async function read(state) {
  const { status } = state.parts;
  show(status, el("p", { class: "loading", text: "Looking for problems, findings and medications…" }));
  try {
    const reading = await readingOf(state.text);
    state.mentions = mentionsOf(state.text, reading);
    show(status, ...outcome(reading, state.mentions));
    drawAll(state);
  } catch (error) {
    if (!(error instanceof CdsError)) throw error;
    show(status, problemPanel(error));
  }
}

async function readingOf(text) {
  if (!readings.has(text)) {
    const answer = asked("reading", "Reading of a note", READ_NOTE_URL, { body: { text } });
    readings.set(text, answer);
    answer.catch(() => readings.delete(text));
  }
  return (await readings.get(text)).response;
}

function outcome({ outcome, reason, coverage, model }, mentions) {
  const share = typeof coverage === "number" ? ` (${Math.floor(coverage * 100)}% of the text)` : "";
  const why = reason ? `: ${reason}` : "";
  const limit =
    outcome === "not-read"
      ? `This note is not marked${why}. Read it yourself.`
      : outcome === "partly-read"
        ? `Only a part of this note was read${share}${why}. Nothing is marked in the rest.`
        : null;
  const count = `${mentions.length || "No"} ${mentions.length === 1 ? "mention" : "mentions"} found`;
  return [
    limit && el("p", { class: "panel reading-limit", text: limit }),
    outcome === "not-read"
      ? null
      : el("p", {
          class: "muted",
          text: `${count} by a machine${model ? ` (${model})` : ""}; the text is what counts.`,
        }),
  ];
}

function visible(state) {
  return state.mentions.filter(
    (each) => !state.hidden.has(each.group) && (!state.nowOnly || appliesNow(each)),
  );
}

function drawAll(state) {
  const { bar, list } = state.parts;
  bar.hidden = list.hidden = !state.mentions.length;
  show(bar, ...filters(state), legend());
  draw(state);
}

function draw(state) {
  const { text, list, detail } = state.parts;
  const mentions = visible(state);
  if (!mentions.includes(state.chosen)) [state.chosen, detail.hidden] = [null, true];
  const pointing = state.root.contains(document.activeElement) && document.activeElement.matches(".passage");
  text.draw({ mentions, chosen: state.chosen, found: state.found });
  show(list, mentionList(mentions, state.chosen, (mention) => chooseFromList(state, mention)));
  if (pointing) pointOut(state);
}

function choose(state, mentions) {
  const top = mentions.length ? innermost(mentions) : null;
  state.chosen = top === state.chosen ? null : top;
  const { detail } = state.parts;
  detail.hidden = !state.chosen;
  show(detail, ...(state.chosen ? detailOf(mentions, state.text, () => choose(state, [])) : []));
  draw(state);
}

function chooseFromList(state, mention) {
  state.chosen = null;
  choose(state, [mention]);
  state.root.querySelector(".note-text .mention-chosen")?.scrollIntoView({ block: "center" });
  state.parts.list.querySelector("[aria-pressed=true]")?.focus({ preventScroll: true });
}

function filters(state) {
  const counts = GROUPS.map(({ key }) => state.mentions.filter((each) => each.group === key).length);
  const chips = GROUPS.map((group, index) => (counts[index] ? chip(state, group, counts[index]) : null));
  return [
    el("div", { class: "chips", role: "group", "aria-label": "Kinds of mentions shown" }, ...chips),
    el(
      "div",
      { class: "reading-options" },
      option("Only what applies now", state.nowOnly, (checked) => {
        state.nowOnly = checked;
        draw(state);
      }),
      option("Kinds in the text", false, (checked) => state.root.classList.toggle("reading-kinds", checked)),
    ),
  ];
}

function chip(state, { key, name }, count) {
  const press = () => {
    state.hidden.has(key) ? state.hidden.delete(key) : state.hidden.add(key);
    toggle.setAttribute("aria-pressed", String(!state.hidden.has(key)));
    draw(state);
  };
  const toggle = el(
    "button",
    {
      type: "button",
      class: "chip",
      "data-group": key,
      "aria-pressed": String(!state.hidden.has(key)),
      on: { click: press },
    },
    el("span", { class: "chip-mark", "aria-hidden": "true" }),
    name,
    el("span", { class: "chip-count", text: String(count) }),
  );
  return toggle;
}

function option(words, checked, onChange) {
  const box = el("input", { type: "checkbox", checked, on: { change: () => onChange(box.checked) } });
  return el("label", { class: "choice" }, box, words);
}

function legend() {
  const samples = STYLES.map(([words, attributes]) =>
    el("li", {}, el("mark", { class: "mention mention-start mention-end", ...attributes, text: words })),
  );
  return el(
    "details",
    { class: "legend", open: ROOMY.matches },
    el("summary", { text: "What the marks mean" }),
    el("ul", {}, ...samples),
  );
}

function reveal(state, passage) {
  state.found = passage;
  draw(state);
  pointOut(state);
}

function pointOut(state) {
  const passage = state.parts.text.root.querySelector(".passage");
  passage?.scrollIntoView({ block: "center" });
  passage?.focus({ preventScroll: true });
}
