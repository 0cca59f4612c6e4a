// Notes: a list, and a reader that shows plain text and HTML notes as text only.

import { button, el, show } from "./dom.js";
import { conceptText, day, newestFirst } from "./format.js";
import { textOfAttachment } from "./note-text.js";
import { noteView } from "./reading.js";

/** The notes and written reports of a chart, newest first; `parts()` reads the attachments of one, once. */
export function notesOf(documents, reports) {
  return [
    ...documents.filter((each) => each.status !== "entered-in-error").map(fromDocument),
    ...reports
      .filter((each) => each.status !== "entered-in-error" && each.presentedForm?.length)
      .map(fromReport),
  ].sort(newestFirst((each) => each.date));
}

/** The notes of a chart beside a reader; `open(note, place)` opens one, at a passage of one of its parts. */
export function notesPanel(all) {
  if (!all.length)
    return { root: el("p", { class: "empty", text: "No notes in this chart." }), open: () => {} };
  const reader = el(
    "article",
    { class: "note-reader", "aria-label": "Note", tabindex: "-1" },
    el("p", { class: "empty", text: "Choose a note to read it." }),
  );
  const buttons = new Map(all.map((note) => [note, listed(note, () => open(note))]));
  const list = el("ul", { class: "note-list", "aria-label": "Notes" }, ...[...buttons.values()].map(asItem));
  const open = async (note, place = null) => {
    for (const [each, node] of buttons) node.setAttribute("aria-pressed", String(each === note));
    buttons.get(note).scrollIntoView({ block: "nearest" });
    await read(note, reader, place);
  };
  return { root: el("div", { class: "notes" }, list, reader), open };
}

function fromDocument(document) {
  return noteOf(document, {
    title: document.description || (document.type && conceptText(document.type)) || "Note",
    date: document.date ?? document.context?.period?.start,
    author: document.author?.[0]?.display,
    attachments: (document.content ?? []).map((each) => each.attachment).filter(Boolean),
  });
}

function fromReport(report) {
  return noteOf(report, {
    title: conceptText(report.code),
    date: report.effectiveDateTime ?? report.effectivePeriod?.start ?? report.issued,
    author: report.performer?.[0]?.display,
    attachments: report.presentedForm,
  });
}

function noteOf(resource, { attachments, ...facts }) {
  let parts = null;
  return {
    ...facts,
    reference: `${resource.resourceType}/${resource.id}`,
    parts: () => (parts ??= Promise.all(attachments.map(textOfAttachment))),
  };
}

const asItem = (node) => el("li", {}, node);
const about = (note) => [day(note.date), note.author].filter(Boolean).join(" · ");

function listed(note, onOpen) {
  const node = button("", onOpen, { kind: "row", "aria-pressed": "false" });
  node.append(
    el("span", { class: "note-title", text: note.title }),
    el("span", { class: "note-meta", text: about(note) }),
  );
  return node;
}

async function read(note, reader, place) {
  const head = el(
    "header",
    {},
    el("h2", { text: note.title }),
    el("p", { class: "muted", text: about(note) }),
  );
  show(reader, head, el("p", { class: "loading", role: "status", text: "Reading the note…" }));
  const parts = await note.parts();
  if (reader.firstChild !== head) return; // another note was chosen meanwhile
  const views = parts.map((part) => (part.text === undefined ? null : noteView(part.text)));
  const shown = parts.map((part, index) => views[index]?.root ?? unreadable(part));
  show(
    reader,
    head,
    ...(shown.length ? shown : [el("p", { class: "empty", text: "This note has no text." })]),
  );
  if (place) views[place.part].reveal(place);
}

function unreadable({ problem, failed }) {
  return failed
    ? el("p", { class: "panel panel-error", role: "alert", text: problem })
    : el("p", { class: "empty", text: problem });
}
