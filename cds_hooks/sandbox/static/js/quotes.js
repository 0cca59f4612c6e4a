// Finds the sentences that a card quotes in the chart's notes, and offers to go there.

import { button } from "./dom.js";
import { day } from "./format.js";

const LEAST = 8; // letters; anything shorter stands in many places
const CURLY = /“([^“”]+)”/g;
const UNSEEN = /[\s\p{C}\p{Z}\ufe00-\ufe0f]/u;

/** Puts a button after each quotation of a card that stands in one of the notes; `show(note, place)` goes there. */
export async function linkQuotes(root, notes, show) {
  const quotations = quotationsIn(root);
  if (!quotations.length) return;
  const searched = await Promise.all((await notes).map(searchable));
  for (const { holder, words } of quotations) {
    const hit = locate(words, searched, holder);
    if (!hit) continue;
    const where = `${hit.note.title}, ${day(hit.note.date)}`;
    const go = button("Show in note", () => show(hit.note, hit.place), {
      kind: "quiet",
      label: `Show in note: ${where}`,
      title: where,
    });
    go.classList.add("show-in-note");
    holder.append(" ", go);
  }
}

function quotationsIn(root) {
  const blocks = [...root.querySelectorAll("blockquote")];
  const others = [...root.querySelectorAll("p, li, td")].filter((each) => !each.closest("blockquote"));
  return [
    ...blocks.map((holder) => ({ holder, words: outermost(holder.textContent) })),
    ...others.flatMap((holder) =>
      [...holder.textContent.matchAll(CURLY)].map(([, words]) => ({ holder, words })),
    ),
  ];
}

// A quoted sentence may itself hold quotation marks; whatever follows the last one says where it stands.
function outermost(text) {
  for (const [opening, closing] of ["“”", '""']) {
    const [first, last] = [text.indexOf(opening), text.lastIndexOf(closing)];
    if (first >= 0 && last > first) return text.slice(first + 1, last);
  }
  return text;
}

async function searchable(note) {
  const parts = await note.parts();
  return { note, parts: parts.map((part) => condensed(part.text ?? "")) };
}

// A card cleans what it quotes: line ends and runs of spaces become one, control characters go. So only what can be
// seen is compared; `places` leads back to the text.
function condensed(text) {
  const places = [];
  let letters = "";
  for (let at = 0; at < text.length; at += 1) {
    if (UNSEEN.test(text[at]) && !isSurrogate(text[at])) continue;
    letters += text[at];
    places.push(at);
  }
  return { letters, places };
}

const isSurrogate = (unit) => unit >= "\ud800" && unit <= "\udfff";

/** The passage of a note that a quotation is, in the note that the card names if it names one, else in the newest. */
function locate(words, searched, holder) {
  const { letters } = condensed(words.replace(/…\s*$/, "")); // a long sentence is cut
  if (letters.length < LEAST) return null;
  const hits = searched.flatMap(({ note, parts }) =>
    parts.flatMap(({ letters: all, places }, part) => {
      const at = all.indexOf(letters);
      if (at < 0) return [];
      return [{ note, place: { part, start: places[at], end: places[at + letters.length - 1] + 1 } }];
    }),
  );
  return hits.find(({ note }) => names(holder, note)) ?? hits[0] ?? null;
}

function names(holder, note) {
  const said = holder.textContent;
  const linked = [...holder.querySelectorAll("a")].some((each) => each.href.endsWith(`/${note.reference}`));
  return linked || said.includes(note.reference) || Boolean(note.date && said.includes(note.date.slice(0, 10)));
}
