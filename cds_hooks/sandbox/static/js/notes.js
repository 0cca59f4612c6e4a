// Notes: a list, and a reader that shows plain text and HTML notes as text only.

import { button, el, show } from "./dom.js";
import { conceptText, day, newestFirst } from "./format.js";
import { FhirError, binary } from "./fhir.js";

const LINES = new Set("ADDRESS ARTICLE DD DIV DT LI SECTION TR".split(" "));
const PARAGRAPHS = new Set("BLOCKQUOTE DL H1 H2 H3 H4 H5 H6 HR OL P PRE TABLE UL".split(" "));
const [LINE_EDGE, PARAGRAPH_EDGE] = ["\u0001", "\u0002"];
const EDGES = /[\s\u0001\u0002]*[\u0001\u0002][\s\u0001\u0002]*/g;
const UNREAD = new Set("SCRIPT STYLE HEAD TITLE TEMPLATE NOSCRIPT IFRAME OBJECT SVG MATH".split(" "));
// The parser's document is inert: it runs nothing and loads nothing, and only its text is used.
const policy = window.trustedTypes?.createPolicy("note-text", { createHTML: (html) => html }) ?? {
  createHTML: (html) => html,
};

/** The notes of a chart beside a reader for the one that is chosen. */
export function notes(documents, reports) {
  const all = [
    ...documents.filter((each) => each.status !== "entered-in-error").map(fromDocument),
    ...reports
      .filter((each) => each.status !== "entered-in-error" && each.presentedForm?.length)
      .map(fromReport),
  ].sort(newestFirst((each) => each.date));
  if (!all.length) return el("p", { class: "empty", text: "No notes in this chart." });
  const reader = el(
    "article",
    { class: "note-reader", "aria-live": "polite", "aria-label": "Note", tabindex: "-1" },
    el("p", { class: "empty", text: "Choose a note to read it." }),
  );
  const items = all.map((note) => item(note, reader));
  return el(
    "div",
    { class: "notes" },
    el("ul", { class: "note-list", "aria-label": "Notes" }, ...items),
    reader,
  );
}

/** The bytes of base64 as text, in the charset the content type names (UTF-8 unless it says otherwise). */
export function decoded(base64, contentType = "") {
  const bytes = Uint8Array.from(atob(base64.replace(/\s+/g, "")), (character) => character.charCodeAt(0));
  const charset = /charset="?([\w-]+)/i.exec(contentType)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder("utf-8").decode(bytes);
  }
}

/** The readable text of an HTML note: a new line where a block begins or ends, an empty one around paragraphs. */
export function htmlToText(html) {
  const bare = html.replace(/<([a-z][\w:-]*)(?:[^<>"']|"[^"<]*"|'[^'<]*')*>/gi, "<$1>"); // attributes hold no text
  const inert = new DOMParser().parseFromString(policy.createHTML(bare), "text/html");
  return textOf(inert.body)
    .replace(EDGES, (run) => (run.includes(PARAGRAPH_EDGE) ? "\n\n" : "\n"))
    .trim();
}

function textOf(node) {
  if (node.nodeType === Node.TEXT_NODE) {
    return node.parentElement.closest("pre") ? node.data : node.data.replace(/[\s\u0001\u0002]+/g, " ");
  }
  if (node.nodeType !== Node.ELEMENT_NODE || UNREAD.has(node.tagName.toUpperCase())) return "";
  const inner = [...node.childNodes].map(textOf).join("");
  if (node.tagName === "BR") return "\n";
  if (node.tagName === "TD" || node.tagName === "TH") return `${inner}  `;
  if (PARAGRAPHS.has(node.tagName)) return `${PARAGRAPH_EDGE}${inner}${PARAGRAPH_EDGE}`;
  const bullet = node.tagName === "LI" ? "• " : "";
  return LINES.has(node.tagName) ? `${LINE_EDGE}${bullet}${inner.trim()}${LINE_EDGE}` : inner;
}

function fromDocument(document) {
  return {
    title: document.description || (document.type && conceptText(document.type)) || "Note",
    date: document.date ?? document.context?.period?.start,
    author: document.author?.[0]?.display,
    attachments: (document.content ?? []).map((each) => each.attachment).filter(Boolean),
  };
}

function fromReport(report) {
  return {
    title: conceptText(report.code),
    date: report.effectiveDateTime ?? report.effectivePeriod?.start ?? report.issued,
    author: report.performer?.[0]?.display,
    attachments: report.presentedForm,
  };
}

function item(note, reader) {
  const open = button(
    "",
    async () => {
      for (const other of open.closest("ul").querySelectorAll("[aria-pressed=true]"))
        other.setAttribute("aria-pressed", "false");
      open.setAttribute("aria-pressed", "true");
      await read(note, reader);
    },
    { kind: "row", "aria-pressed": "false" },
  );
  open.append(
    el("span", { class: "note-title", text: note.title }),
    el("span", { class: "note-meta", text: [day(note.date), note.author].filter(Boolean).join(" · ") }),
  );
  return el("li", {}, open);
}

async function read(note, reader) {
  const head = el(
    "header",
    {},
    el("h2", { text: note.title }),
    el("p", { class: "muted", text: [day(note.date), note.author].filter(Boolean).join(" · ") }),
  );
  show(reader, head, el("p", { class: "loading", text: "Reading the note…" }));
  const parts = await Promise.all(note.attachments.map(body));
  show(
    reader,
    head,
    ...(parts.length ? parts : [el("p", { class: "empty", text: "This note has no text." })]),
  );
}

async function body(attachment) {
  try {
    const { contentType, data } = attachment.data ? attachment : await binary(attachment.url ?? "");
    const type = (contentType || attachment.contentType || "text/plain").toLowerCase();
    if (!data) return el("p", { class: "empty", text: "This attachment is empty." });
    if (type.startsWith("text/plain")) return el("pre", { class: "note-text", text: decoded(data, type) });
    if (/^(text\/html|application\/xhtml\+xml)/.test(type))
      return el("pre", { class: "note-text", text: htmlToText(decoded(data, type)) });
    return el("p", {
      class: "empty",
      text: `An attachment of type ${type.split(";")[0]} is not shown here.`,
    });
  } catch (error) {
    const reason = error instanceof FhirError ? error.what : "its content could not be decoded";
    return el("p", {
      class: "panel panel-error",
      role: "alert",
      text: `The note cannot be shown: ${reason}.`,
    });
  }
}
