// The text of a note: what its attachments say, as text only.

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

/** One attachment: its text, or in words why it has none (`failed` when it should have one). */
export async function textOfAttachment(attachment) {
  try {
    const { contentType, data } = attachment.data ? attachment : await binary(attachment.url ?? "");
    const type = (contentType || attachment.contentType || "text/plain").toLowerCase();
    if (!data) return { problem: "This attachment is empty." };
    if (type.startsWith("text/plain")) return { text: decoded(data, type) };
    if (/^(text\/html|application\/xhtml\+xml)/.test(type)) return { text: htmlToText(decoded(data, type)) };
    return { problem: `An attachment of type ${type.split(";")[0]} is not shown here.` };
  } catch (error) {
    const reason = error instanceof FhirError ? error.what : "its content could not be decoded";
    return { problem: `The note cannot be shown: ${reason}.`, failed: true };
  }
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
