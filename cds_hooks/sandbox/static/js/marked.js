// A note's text with its mentions marked: the text stays exactly what it was, and arrow keys walk the mentions.

import { el, show } from "./dom.js";
import { described, exceptionsOf, shortKindOf } from "./mentions.js";
import { innermost, pieces } from "./spans.js";

const COLUMNS = /\S {3,}\S/g;
const TABLE_ROWS = 3; // as many gaps make a table of spaces, which only a fixed pitch keeps in line
const STEPS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

/**
 * The text as one element. `choose` hears the mentions under a pressed word, or none when the choice is undone.
 * Returns `draw({mentions, chosen, found})`: the spans to mark, the mention that is chosen, and a passage to point out.
 */
export function markedText(text, choose) {
  const look = text.match(COLUMNS)?.length >= TABLE_ROWS ? "note-text note-text-columns" : "note-text";
  const root = el("pre", { class: look, role: "group", "aria-label": "Text of the note" });
  let drawn = [];
  const mentionsAt = (node) => drawn[Number(node?.dataset.piece)]?.spans.filter(isMention) ?? [];
  root.addEventListener("click", (event) => {
    const mark = event.target.closest("mark");
    if (mark && !selecting()) choose(mentionsAt(mark));
  });
  root.addEventListener("keydown", (event) => walk(event, root, (mark) => choose(mentionsAt(mark))));
  const draw = ({ mentions = [], chosen = null, found = null }) => {
    const passage = found && { ...found, passage: true };
    drawn = pieces(text, passage ? [passage, ...mentions] : mentions);
    const focused = root.contains(document.activeElement) ? document.activeElement.dataset.piece : undefined;
    show(root, ...drawn.map((piece, index) => pieceView(piece, index, chosen)));
    settleFocus(root, focused);
  };
  draw({});
  return { root, draw };
}

const isMention = (span) => !span.passage;
const selecting = () => !getSelection().isCollapsed; // somebody who selects text to copy it presses nothing

function pieceView(piece, index, chosen) {
  const mentions = piece.spans.filter(isMention);
  const inPassage = piece.spans.length > mentions.length;
  if (!mentions.length)
    return inPassage ? el("span", { class: "passage", tabindex: "-1", text: piece.text }) : piece.text;
  const top = innermost(mentions);
  const starting = mentions.filter((each) => each.start === piece.start);
  const exceptions = exceptionsOf(top);
  const label = piece.end === top.end ? exceptions.filter((word) => word !== "denied").join(", ") : "";
  return el(
    "mark",
    {
      class: classes(piece, top, { inPassage, isChosen: mentions.includes(chosen) }),
      "data-piece": index,
      "data-group": top.group,
      "data-presence": top.presence,
      "data-aside": top.when === "past" || top.whose !== "patient",
      "data-sign": piece.start === top.start && top.presence === "absent" ? "−" : null,
      "data-kind": piece.start === top.start ? shortKindOf(top) : null,
      "data-label": label || null,
      title: mentions.map(described).join("\n"),
      ...(starting.length ? stop(starting, chosen) : { tabindex: inPassage ? "-1" : null }),
    },
    piece.text,
  );
}

function classes(piece, top, { inPassage, isChosen }) {
  const all = ["mention"];
  if (piece.start === top.start) all.push("mention-start");
  if (piece.end === top.end) all.push("mention-end");
  if (inPassage) all.push("passage");
  if (isChosen) all.push("mention-chosen");
  return all.join(" ");
}

function stop(starting, chosen) {
  return {
    role: "button",
    tabindex: "-1",
    "aria-pressed": String(starting.includes(chosen)),
    "aria-label": starting.map((each) => `${each.words}: ${described(each)}`).join("; "),
  };
}

// One mention takes part in the order of the Tab key; the arrow keys walk from there.
function settleFocus(root, focused) {
  const stops = [...root.querySelectorAll("[role=button]")];
  const before = stops.find((each) => each.dataset.piece === focused);
  const pressed = stops.find((each) => each.getAttribute("aria-pressed") === "true");
  const current = before ?? pressed ?? stops[0];
  if (current) current.tabIndex = 0;
  if (before) before.focus();
}

function walk(event, root, press) {
  const stops = [...root.querySelectorAll("[role=button]")];
  const at = stops.indexOf(document.activeElement);
  if (at < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Enter" || event.key === " ") press(stops[at]);
  else if (event.key in STEPS) {
    const target = stops[Math.max(0, Math.min(stops.length - 1, at + STEPS[event.key]))];
    stops[at].tabIndex = -1;
    target.tabIndex = 0;
    target.focus();
  } else return;
  event.preventDefault();
}
